package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/dynamo"
	"lethe/internal/fsck"
)

// repairer is nil for a check, which uses no code of the storage. With --repair it is the storage: a repair is one of its writes.
func (o fsckOptions) repairer(cfg aws.Config) fsck.Repairer {
	if !o.repair {
		return nil
	}
	return dynamo.New(cfg, dynamo.Options{Name: o.checker.Table, Shards: o.checker.Shards, Grace: o.checker.Grace})
}
