"""Deploy interface `anaconda`: a distribution's own installer runs, told what to do by a kickstart file."""
