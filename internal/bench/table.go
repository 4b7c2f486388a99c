package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// median returns the median of a task's times; ok is false if the contender can't do the task.
func (c *column) median(t task) (d time.Duration, ok bool) {
	times := slices.Sorted(slices.Values(c.laps.times[t]))
	if len(times) == 0 {
		return 0, false
	}
	return (times[(len(times)-1)/2] + times[len(times)/2]) / 2, true
}

// print writes the table: of each contender the time as a multiple of Lethe's, and the time.
func (r *report) print(output io.Writer) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.name()
	}
	fmt.Fprintf(table, "\t%s\n", strings.Join(names, "\t"))
	for _, t := range allTasks {
		cells := make([]string, len(r.columns))
		for i, c := range r.columns {
			cells[i] = r.cell(c, t)
		}
		fmt.Fprintf(table, "%s\t%s\n", r.size.title(t), strings.Join(cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(output, "\nMultiples of Lethe's time, medians of what all rounds (%d) took; below 1 the other is faster.\n\n", r.size.Rounds)
	for _, c := range r.columns {
		fmt.Fprintf(output, "%s: %s\n", c.name(), cmp.Or(c.absence(), c.about()))
	}
	fmt.Fprintf(output, "\n%s, %s/%s, %d processors, data in %s; %s in all.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.where, r.took.Round(time.Second))
	return r.printCosts(output)
}

func (r *report) cell(c *column, t task) string {
	own, can := c.median(t)
	lethe, compared := r.columns[0].median(t)
	switch {
	case c.absent != "":
		return "not installed"
	case !can:
		return "-"
	case !compared:
		return short(own)
	}
	return fmt.Sprintf("%s (%s)", multiple(float64(own)/float64(lethe)), short(own))
}

func (c *column) absence() string {
	if c.absent == "" {
		return ""
	}
	return "not installed: " + c.absent
}

// printCosts prints requests and units of the contenders that are billed by request.
func (r *report) printCosts(output io.Writer) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\nCounted at the table\t\trequests\twrite units\tread units\n")
	for _, t := range allTasks {
		for _, c := range r.columns {
			if cost, counted := c.laps.costs[t]; counted {
				fmt.Fprintf(table, "%s\t%s\t%s\t%g\t%g\n", r.size.title(t), c.name(), count(cost.Total()), cost.Write, cost.Read)
			}
		}
	}
	return table.Flush()
}

// multiple writes a ratio with two significant digits.
func multiple(x float64) string {
	if x >= 10 {
		return fmt.Sprintf("%.0f", x)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

func short(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= 10*unit {
			return d.Round(unit / 10).String()
		}
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}

// document is the report as JSON.
type document struct {
	Go           string                        `json:"go"`
	System       string                        `json:"system"`
	Folder       string                        `json:"folder"` // where the data was
	Processors   int                           `json:"processors"`
	Rounds       int                           `json:"rounds"`
	Seconds      float64                       `json:"seconds"`
	Contenders   map[string]string             `json:"contenders"`   // what each is
	Milliseconds map[string]map[string]float64 `json:"milliseconds"` // medians by task, then contender
	Requests     map[string]map[string]int     `json:"requests"`
	WriteUnits   map[string]map[string]float64 `json:"writeUnits"`
}

func (r *report) json(output io.Writer) error {
	d := document{
		runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, r.where, runtime.NumCPU(), r.size.Rounds, r.took.Seconds(),
		map[string]string{}, map[string]map[string]float64{}, map[string]map[string]int{}, map[string]map[string]float64{},
	}
	for _, c := range r.columns {
		d.Contenders[c.name()] = cmp.Or(c.absence(), c.about())
	}
	for _, t := range allTasks {
		d.Milliseconds[string(t)], d.Requests[string(t)], d.WriteUnits[string(t)] = map[string]float64{}, map[string]int{}, map[string]float64{}
		for _, c := range r.columns {
			if median, can := c.median(t); can {
				d.Milliseconds[string(t)][c.name()] = float64(median) / float64(time.Millisecond)
			}
			if cost, counted := c.laps.costs[t]; counted {
				d.Requests[string(t)][c.name()], d.WriteUnits[string(t)][c.name()] = cost.Total(), cost.Write
			}
		}
	}
	encoder := json.NewEncoder(output)
	encoder.SetIndent("", "  ")
	return encoder.Encode(d)
}

// versionOf returns the version of a module in this build.
func versionOf(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	for _, m := range info.Deps {
		if m.Path == module {
			return m.Version
		}
	}
	return "of unknown version"
}
