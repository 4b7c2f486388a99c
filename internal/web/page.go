package web

import (
	"fmt"
	"net/url"
	"strconv"
)

// Paging are the parameters of a list.
type Paging struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"The largest number of items in the answer."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"nextCursor of the previous page. Leave it out for the first page."`
}

// pageOutput answers with a page of a list.
type pageOutput[P any] struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body P
}

// output answers with a document and without headers.
type output[D any] struct{ Body D }

// next returns the Link header to the next page, empty after the last.
func (p Paging) next(path string, query url.Values, cursor string) string {
	if cursor == "" {
		return ""
	}
	query.Set("limit", strconv.Itoa(p.Limit))
	query.Set("cursor", cursor)
	return fmt.Sprintf(`<%s?%s>; rel="next"`, path, query.Encode())
}

// documents converts the items of a page. It never returns nil: the JSON is an array.
func documents[T, D any](things []T, document func(T) D) []D {
	list := make([]D, len(things))
	for i, t := range things {
		list[i] = document(t)
	}
	return list
}
