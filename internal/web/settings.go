package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"lethe/internal/customer"
)

func (a *api) settingsRoutes() {
	register(a, route{
		id: "get-settings", method: http.MethodGet, path: "/v1/settings", tag: "Settings",
		summary:     "Show the settings",
		description: "Shows how long the trash keeps customers, and what a deletion does to each kind of record.",
		response:    exampleSettings,
	}, a.showSettings)
	register(a, route{
		id: "update-settings", method: http.MethodPut, path: "/v1/settings", tag: "Settings",
		summary:     "Replace the settings",
		description: "Send the version that you replace as version in the body, or as If-Match. Kinds can be added and changed, but not removed. Customers in the trash keep their purge time, and running purges keep their policies. The answer comes after a few seconds, when the new settings are in force everywhere.",
		refusals:    []*problemType{versionMismatch, versionRequired, badIfMatch, unconfirmed},
		request:     exampleNewSettings, response: exampleSettings,
	}, a.updateSettings)
	register(a, route{
		id: "preview-settings", method: http.MethodPost, path: "/v1/settings/preview", tag: "Settings",
		summary:     "Preview a retention",
		description: "Counts the customers in the trash by when they would be purged if this retention had been in force at their deletion, also day by day. Without a retention it counts by the purge time that each of them has. It reads at most 20,000 customers. Nothing changes.",
		request:     examplePreview, response: exampleForecast,
	}, a.preview)
}

// Settings are the retention and the kinds of records.
type Settings struct {
	Version   int64  `json:"version" doc:"Increases with every change; 0 before the first."`
	Retention string `json:"retention" maxLength:"40" doc:"Time in the trash: an ISO 8601 period of weeks, days, hours, minutes and seconds, never, or PT0S for at once." example:"P30D"`
	Kinds     []Kind `json:"kinds" maxItems:"40" doc:"The kinds of records, by name."`

	Changed *Changed `json:"changed,omitempty" doc:"The last change. Absent before the first change."`
}

// Changed is the time and the actor of the last change.
type Changed struct {
	At time.Time `json:"at"`
	By string    `json:"by" doc:"The subject that made the change." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
}

// NewSettings are settings to put in force.
type NewSettings struct {
	Version      *int64 `json:"version,omitempty" minimum:"0" doc:"The version to replace. Required without If-Match."`
	Retention    string `json:"retention" maxLength:"40" doc:"Time in the trash: an ISO 8601 period of weeks, days, hours, minutes and seconds, never, or PT0S for at once." example:"P30D"`
	Kinds        []Kind `json:"kinds" maxItems:"40" doc:"All kinds, including those that do not change."`
	Acknowledged bool   `json:"acknowledged,omitempty" doc:"Must be true if a shorter retention leaves less than a day to undo a deletion."`

	Changed *Changed `json:"changed,omitempty" readOnly:"true" doc:"Ignored: the answer of GET can be sent back with changes."`
}

// Kind is a kind of record.
type Kind struct {
	Name    string   `json:"name" maxLength:"32" doc:"Up to 32 lower-case letters, digits, hyphens and underscores, the first a letter." example:"invoice"`
	Policy  string   `json:"policy" enum:"restrict,cascade,retain" doc:"restrict: records of this kind block the deletion of their customer. cascade: they are deleted and purged with it. retain: they are deleted with it, and at the purge the fields in keep are retained for the time in keepFor."`
	Keep    []string `json:"keep,omitempty" maxItems:"30" doc:"With retain: the fields of data to retain."`
	KeepFor string   `json:"keepFor,omitempty" maxLength:"40" doc:"Required with retain: how long the fields are retained after the purge, as an ISO 8601 period, or never for no end." example:"P3650D"`
}

func settingsOf(s customer.Settings) Settings {
	doc := Settings{Version: s.Version, Retention: s.Retention.String(), Kinds: documents(s.Kinds, kindDocument)}
	if s.Changed != (customer.Changed{}) {
		doc.Changed = &Changed{timeOf(s.Changed.At), s.Changed.By}
	}
	return doc
}

func kindDocument(k customer.Kind) Kind {
	doc := Kind{Name: k.Name, Policy: string(k.Policy), Keep: k.Keep}
	if k.Policy == customer.Retain {
		doc.KeepFor = k.For.String()
	}
	return doc
}

func (s NewSettings) settings() (customer.Settings, error) {
	retention, err := period("retention", s.Retention)
	if err != nil {
		return customer.Settings{}, err
	}
	wanted := customer.Settings{Retention: retention}
	for _, k := range s.Kinds {
		kind, err := k.kind()
		if err != nil {
			return wanted, err
		}
		wanted.Kinds = append(wanted.Kinds, kind)
	}
	slices.SortStableFunc(wanted.Kinds, func(a, b customer.Kind) int { return cmp.Compare(a.Name, b.Name) })
	return wanted, nil
}

func (k Kind) kind() (customer.Kind, error) {
	kind := customer.Kind{Name: k.Name, Policy: customer.Policy(k.Policy), Keep: k.Keep}
	switch {
	case kind.Policy != customer.Retain && k.KeepFor != "":
		return kind, customer.Invalid("kinds.keepFor", "applies only to the policy retain; leave it out")
	case kind.Policy != customer.Retain:
		return kind, nil
	case k.KeepFor == "":
		return kind, customer.Invalid("kinds.keepFor", "is required for the policy retain of "+k.Name+"; give the time that the law requires, such as P3650D, or never for no end")
	}
	length, err := period("kinds.keepFor", k.KeepFor)
	kind.For = length
	return kind, err
}

func period(field, text string) (customer.Period, error) {
	p, err := customer.ParsePeriod(text)
	if err != nil {
		return p, customer.Invalid(field, "must be a period of at most 100 years, such as P30D (days) or PT5S (seconds), or never")
	}
	return p, nil
}

type settingsOutput struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body Settings
}

func (a *api) showSettings(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
	s, err := a.svc.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return &settingsOutput{ETag: etag(s.Version), Body: settingsOf(s)}, nil
}

type updateSettingsInput struct {
	Conditional
	Body NewSettings
}

func (a *api) updateSettings(ctx context.Context, in *updateSettingsInput) (*settingsOutput, error) {
	wanted, err := in.Body.settings()
	if err != nil {
		return nil, err
	}
	if wanted.Version, err = in.replaces(in.Body.Version, customer.ErrVersion); err != nil {
		return nil, err
	}
	if err := a.requireFreshToRetain(ctx, wanted); err != nil {
		return nil, err
	}
	s, err := a.svc.UpdateSettings(ctx, wanted, in.Body.Acknowledged, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return &settingsOutput{ETag: etag(s.Version), Body: settingsOf(s)}, nil
}

// Preview is a retention to preview.
type Preview struct {
	Retention string `json:"retention,omitempty" maxLength:"40" doc:"The retention to preview, in the format of the settings. If left out, each customer keeps its purge time." example:"P7D"`
}

// Forecast counts the customers in the trash by the time of their purge.
type Forecast struct {
	InTrash  int        `json:"inTrash" doc:"Customers in the trash that were counted."`
	Held     int        `json:"held" doc:"Customers under legal hold. They are not purged until it is lifted."`
	Never    int        `json:"never" doc:"Customers that would never be purged."`
	DueNow   int        `json:"dueNow" doc:"Customers that would be purged now."`
	DueDay   int        `json:"dueDay" doc:"Within a day, without dueNow."`
	DueWeek  int        `json:"dueWeek" doc:"Within a week, without dueNow and dueDay."`
	DueMonth int        `json:"dueMonth" doc:"Within 30 days, without dueNow, dueDay and dueWeek."`
	Later    int        `json:"later" doc:"In more than 30 days."`
	Earliest *time.Time `json:"earliest,omitempty" doc:"The time of the first purge in the future."`
	Days     []DueDay   `json:"days" doc:"The days on which customers become due, oldest first, without dueNow: the next 400 days. Days on which none becomes due are left out."`
	Complete bool       `json:"complete" doc:"false: the trash has more customers than were counted."`
}

// DueDay counts the customers that become due on a day.
type DueDay struct {
	Day       string `json:"day" format:"date" doc:"The day, in UTC."`
	Customers int    `json:"customers" doc:"Customers that would be purged on this day."`
}

func dueDayOf(d customer.DueDay) DueDay { return DueDay{string(d.Day), d.Customers} }

type previewInput struct{ Body Preview }

func (a *api) preview(ctx context.Context, in *previewInput) (*output[Forecast], error) {
	f, err := a.forecast(ctx, in.Body.Retention)
	if err != nil {
		return nil, err
	}
	return &output[Forecast]{Body: forecastOf(f)}, nil
}

func (a *api) forecast(ctx context.Context, text string) (customer.Forecast, error) {
	if text == "" {
		return a.svc.ForecastAsIs(ctx)
	}
	retention, err := period("retention", text)
	if err != nil {
		return customer.Forecast{}, err
	}
	return a.svc.Forecast(ctx, retention)
}

func forecastOf(f customer.Forecast) Forecast {
	doc := Forecast{
		InTrash: f.InTrash, Held: f.Held, Never: f.Never, DueNow: f.DueNow, DueDay: f.DueDay,
		DueWeek: f.DueWeek, DueMonth: f.DueMonth, Later: f.Later, Complete: f.Complete,
		Days: documents(f.Days, dueDayOf),
	}
	if !f.Earliest.IsZero() {
		doc.Earliest = new(timeOf(f.Earliest))
	}
	return doc
}
