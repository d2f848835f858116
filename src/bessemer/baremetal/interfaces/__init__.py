"""What a hardware plug-in must do: one abstract class per kind of interface."""
