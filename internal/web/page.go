package web

import (
	"fmt"
	"net/url"
	"strconv"
)

// Paging asks for a page of a list.
type Paging struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many to answer at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"nextCursor of the page before; leave it out for the first."`
}

// next is the Link header that leads to the next page.
func (p Paging) next(path string, query url.Values, cursor string) string {
	if cursor == "" {
		return ""
	}
	query.Set("limit", strconv.Itoa(p.Limit))
	query.Set("cursor", cursor)
	return fmt.Sprintf(`<%s?%s>; rel="next"`, path, query.Encode())
}

// documents turns a page's things into their documents; never nil.
func documents[T, D any](things []T, document func(T) D) []D {
	list := make([]D, len(things))
	for i, t := range things {
		list[i] = document(t)
	}
	return list
}
