package app

// Version is the version of this build; the release sets it with -ldflags.
var Version = "0.1.0-dev"
