package web

import (
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// BenchmarkNew measures how long the registration of the routes takes at a cold start.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(&customer.Service{}, &bulk.Engine{}, Options{})
	}
}
