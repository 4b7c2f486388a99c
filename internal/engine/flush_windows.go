package engine

// flush does nothing: engines do not run on Windows, see child.Supported.
func flush() {}
