package web

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
)

var errSurrogate = errors.New(`has only one half of a surrogate pair as a \u escape; write both, \ud800 to \udbff and then \udc00 to \udfff, or none`)

// loneSurrogate reports whether valid JSON has a lone surrogate. encoding/json replaces it by U+FFFD.
func loneSurrogate(json []byte) bool {
	for {
		i := bytes.IndexByte(json, '\\')
		if i < 0 {
			return false
		}
		json = json[i:]
		r := escaped(json)
		switch {
		case r < 0:
			json = json[2:]
		case !utf16.IsSurrogate(r):
			json = json[6:]
		case utf16.DecodeRune(r, escaped(json[6:])) == '\ufffd':
			return true
		default:
			json = json[12:]
		}
	}
}

// escaped returns the UTF-16 code of the \u escape that json begins with, -1 if it does not begin with one.
func escaped(json []byte) rune {
	if len(json) < 6 || json[0] != '\\' || json[1] != 'u' {
		return -1
	}
	r, err := strconv.ParseUint(string(json[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(r)
}
