package customer

// PageBuilder collects the records of a page. It keeps the size so far, so that adding a
// record costs the same however many there are.
type PageBuilder struct {
	Page  RecordPage
	limit int // records
	size  int // bytes of data, as they stand in an answer
}

// Builder returns an empty page to be filled with what the query finds.
func (q RecordQuery) Builder() *PageBuilder { return &PageBuilder{limit: q.Limit} }

// Add puts a record at the end of the page.
func (b *PageBuilder) Add(r Record) {
	b.Page.Records = append(b.Page.Records, r)
	b.size += sizeInAnswer(r.Data)
}

// Full says whether the page takes no other record: it has as many as were asked for, or
// [MaxPageData] bytes of data.
func (b *PageBuilder) Full() bool { return len(b.Page.Records) >= b.limit || b.size >= MaxPageData }
