package customer

// PageBuilder collects the records of a page. It keeps a running total of their size, so adding a
// record takes constant time.
type PageBuilder struct {
	Page  RecordPage
	limit int // records
	size  int // bytes of data in a response
}

// Builder returns an empty page for the results of the query.
func (q RecordQuery) Builder() *PageBuilder { return &PageBuilder{limit: q.Limit} }

// Add puts a record at the end of the page.
func (b *PageBuilder) Add(r Record) {
	b.Page.Records = append(b.Page.Records, r)
	b.size += sizeInAnswer(r.Data)
}

// Full says whether the page is complete: it has as many records as the query asks for, or at least
// [MaxPageData] bytes of data.
func (b *PageBuilder) Full() bool { return len(b.Page.Records) >= b.limit || b.size >= MaxPageData }
