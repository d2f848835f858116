"""IPMI 2.0 over LAN as bytes and values: pure, so that server and lab judge a packet by the same code.

Sections are those of the IPMI v2.0 specification, revision 1.1.
"""
