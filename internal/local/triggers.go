package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/engine"
	"lethe/internal/local/mapping"
	"lethe/internal/local/schedule"
	"lethe/internal/template"
)

const (
	// sweepPause is the shortest pause between two sweeps of expired items. AWS takes up to days.
	sweepPause = time.Second
	// sweepShare limits sweeps to a twentieth of the time: dynoxide reads every item for one, and other requests wait.
	sweepShare = 20

	// streamAge is how long streams keep a change, as on AWS.
	streamAge = 24 * time.Hour
	// trimPause is the pause between two trims of older changes. The first trim comes sooner, for a laptop that runs for
	// minutes only, but late enough for readers to read the changes that they have missed.
	trimPause, firstTrim = time.Hour, time.Minute
)

// trigger runs until its context ends, and then finishes its running work.
type trigger func(context.Context)

// triggers returns the triggers by queues, streams and schedules.
func (s *system) triggers(o options, declared *template.Template) ([]trigger, error) {
	all := []trigger{s.sweepTTL, s.trimStreams}
	for _, f := range declared.Functions {
		for _, event := range f.Queues {
			all = append(all, s.queueTrigger(f, event).Run)
		}
		for _, event := range f.Streams {
			stream, err := s.streamTrigger(f, event, declared)
			if err != nil {
				return nil, err
			}
			all = append(all, stream.Run)
		}
		for _, event := range f.Schedules {
			tick, err := s.scheduleTrigger(o, f, event)
			if err != nil {
				return nil, err
			}
			all = append(all, tick)
		}
	}
	return all, nil
}

func (s *system) invoke(function string) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, event []byte) ([]byte, error) { return s.host.Invoke(ctx, function, event) }
}

func (s *system) queueTrigger(f template.Function, event template.QueueEvent) mapping.Queue {
	queue := s.resources.Queues[event.Queue]
	return mapping.Queue{
		Client: sqs.NewFromConfig(s.sqs.config), URL: queue.URL, ARN: queue.ARN, Invoke: s.invoke(f.Name),
		BatchSize: cmp.Or(s.options.Batch, event.BatchSize), PartialFailure: event.PartialFailure, Concurrency: event.Concurrency, Log: s.log,
	}
}

func (s *system) streamTrigger(f template.Function, event template.StreamEvent, declared *template.Template) (*mapping.Stream, error) {
	stream := &mapping.Stream{
		Client: engine.Streams(s.dynamoDB.config), ARN: s.resources.Tables[event.Table].StreamARN, Invoke: s.invoke(f.Name),
		Checkpoints: s.checkpoints, FromStart: event.FromStart, BatchSize: event.BatchSize, Window: event.Window, PartialFailure: event.PartialFailure, Bisect: event.Bisect,
		Parallelization: event.Parallelization, MaxRetries: event.MaxRetries, MaxAge: event.MaxAge, Log: s.log,
	}
	for _, t := range declared.Tables {
		if t.ID == event.Table {
			stream.PartitionKey = t.Keys.Hash
		}
	}
	for _, source := range event.Filters {
		pattern, err := mapping.CompilePattern(source)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.ID, err)
		}
		stream.Filters = append(stream.Filters, pattern)
	}
	if event.OnFailure != "" {
		stream.OnFailure = s.sendTo(s.resources.Queues[event.OnFailure].URL)
	}
	return stream, nil
}

func (s *system) sendTo(url string) func(context.Context, []byte) error {
	client := sqs.NewFromConfig(s.sqs.config)
	return func(ctx context.Context, message []byte) error {
		_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(string(message))})
		return err
	}
}

func (s *system) scheduleTrigger(o options, f template.Function, event template.ScheduleEvent) (trigger, error) {
	if !o.Schedule {
		return func(context.Context) {}, nil
	}
	period := o.Tick
	if period == 0 {
		var err error
		if period, err = schedule.Parse(event.Expression); err != nil {
			return nil, fmt.Errorf("%s: %w", f.ID, err)
		}
	}
	return func(ctx context.Context) {
		schedule.Run(ctx, period, func(at time.Time) { go s.tick(ctx, f, event, at) })
	}, nil
}

// tick invokes the function asynchronously, as a schedule does. It retries a failure as often as the template
// says, unless the event is too old.
func (s *system) tick(ctx context.Context, f template.Function, event template.ScheduleEvent, due time.Time) {
	payload := []byte(event.Input)
	if event.Input == "" {
		var err error
		if payload, err = schedule.Event(due); err != nil {
			s.log.ErrorContext(ctx, "schedule", "function", f.Name, "error", err)
			return
		}
	}
	ctx, cancel := context.WithDeadline(ctx, due.Add(f.AsyncAge))
	defer cancel()
	for range 1 + f.AsyncRetries {
		_, err := s.host.Invoke(ctx, f.Name, payload)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.log.ErrorContext(ctx, "tick of the schedule failed", "function", f.Name, "error", err)
	}
}

// sweepTTL expires items, on an engine that does it on request only.
func (s *system) sweepTTL(ctx context.Context) {
	if s.dynamoDB.process == nil {
		return
	}
	for pause := sweepPause; ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		began := time.Now()
		_, err := s.dynamoDB.process.SweepTTL(ctx)
		if errors.Is(err, engine.ErrSweepsItself) {
			return
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "cannot sweep expired items", "error", err)
		}
		pause = max(sweepPause, (sweepShare-1)*time.Since(began))
	}
}

// trimStreams trims the streams, on an engine that does it on request only.
func (s *system) trimStreams(ctx context.Context) {
	if s.dynamoDB.process == nil {
		return
	}
	age := cmp.Or(s.options.StreamAge, streamAge)
	for pause := min(firstTrim, age); ; pause = min(trimPause, age) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		_, err := s.dynamoDB.process.TrimStreams(ctx, age)
		if errors.Is(err, engine.ErrTrimsItself) {
			return
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "cannot trim the streams of changes", "error", err)
		}
	}
}
