package clics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// reltime is a RELTIME, (-)h:mm:ss(.uuu). Unset is null, missing or empty; PC²
// writes the last.
type reltime struct {
	d   time.Duration
	set bool
}

func (t *reltime) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("time %.40s is not a text as 1:02:03.456", b)
	}
	*t = reltime{}
	if s == "" {
		return nil
	}
	d, err := parseReltime(s)
	*t = reltime{d, err == nil}
	return err
}

// reltimeForm allows what real feeds have beyond the standard: hours with
// leading zeros and any number of decimals. Six digits of hours are 114 years,
// which a Duration holds.
var reltimeForm = regexp.MustCompile(`^(-?)(\d{1,6}):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?$`)

func parseReltime(s string) (time.Duration, error) {
	m := reltimeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("time %.40q is not as 1:02:03.456", s)
	}
	d, err := time.ParseDuration(m[2] + "h" + m[3] + "m" + m[4] + "." + m[5] + "s")
	if err != nil {
		return 0, fmt.Errorf("time %.40q: %w", s, err)
	}
	if m[1] != "" {
		d = -d
	}
	return d, nil
}

// minutes is a penalty time: an integer of minutes until 2023-06, a RELTIME
// from 2026-01. Missing is none.
type minutes struct{ d time.Duration }

// maxPenalty bounds it, so that no sum of a board overflows.
const maxPenalty = 100_000

func (m *minutes) UnmarshalJSON(b []byte) error {
	if b[0] == '"' || bytes.Equal(b, []byte("null")) {
		var t reltime
		if err := t.UnmarshalJSON(b); err != nil {
			return fmt.Errorf("penalty_time: %w", err)
		}
		m.d = t.d
	} else {
		n, err := strconv.ParseUint(string(b), 10, 32)
		if err != nil {
			return fmt.Errorf("penalty_time %.40s is neither whole minutes nor a text as 0:20:00", b)
		}
		m.d = time.Duration(n) * time.Minute
	}
	if m.d < 0 || m.d > maxPenalty*time.Minute {
		return fmt.Errorf("penalty_time must be 0 to %d minutes", maxPenalty)
	}
	return nil
}

// moment is a TIME; unset if missing or in no form known. It is only needed
// where a submission has no contest time.
type moment struct {
	t   time.Time
	set bool
}

// Real feeds write offsets as +02:00, +02 and +0200.
var momentForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999Z0700"}

func (m *moment) UnmarshalJSON(b []byte) error {
	*m = moment{}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil //nolint:nilerr // a moment of another form is no moment: feeds have them
	}
	for _, form := range momentForms {
		if t, err := time.Parse(form, s); err == nil {
			*m = moment{t, true}
			return nil
		}
	}
	return nil
}
