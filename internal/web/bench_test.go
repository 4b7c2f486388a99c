package web

import (
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// BenchmarkNew is what a cold start of the API pays for its routes.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(&customer.Service{}, &bulk.Engine{}, Options{})
	}
}
