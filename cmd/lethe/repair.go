package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/dynamo"
	"lethe/internal/fsck"
)

// repairer returns the storage with --repair, because repairs are writes of the storage. Otherwise it
// returns nil: a check uses no code of the storage.
func (o fsckOptions) repairer(cfg aws.Config) fsck.Repairer {
	if !o.repair {
		return nil
	}
	return dynamo.New(cfg, dynamo.Options{Name: o.checker.Table, Shards: o.checker.Shards, Grace: o.checker.Grace})
}
