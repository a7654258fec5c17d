package redisroster

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rollcall/presence"
)

// transitions reads what a script answers of them, perTransition values each.
func transitions(values []any) ([]presence.Transition, error) {
	if len(values)%perTransition != 0 {
		return nil, fmt.Errorf("%d values are no transitions", len(values))
	}
	made := make([]presence.Transition, 0, len(values)/perTransition)
	for ; len(values) > 0; values = values[perTransition:] {
		v := values[:perTransition]
		meta, err := metaOf(text(v[7]))
		if err != nil {
			return nil, err
		}
		tr := presence.Transition{
			Place: placeOf(text(v[0])),
			Kind:  presence.Kind(number(v[1])),
			Prev:  uint64(number(v[2])), Version: uint64(number(v[3])), Count: int(number(v[4])),
			Meta: meta, Since: timeOf(number(v[5])),
		}
		if tr.Kind == presence.Left {
			tr.Seen = timeOf(number(v[6]))
		}
		made = append(made, tr)
	}
	return made, nil
}

const perTransition = 8

func text(v any) string { s, _ := v.(string); return s }

func number(v any) int64 { n, _ := v.(int64); return n }

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// metaText is what is stored of what is shown: 1 if away else 0, then the
// name.
func metaText(m presence.Meta) string {
	if m.Away {
		return "1" + m.Name
	}
	return "0" + m.Name
}

func metaOf(s string) (presence.Meta, error) {
	if s == "" || s[0] != '0' && s[0] != '1' {
		return presence.Meta{}, fmt.Errorf("meta %.80q begins with neither 0 nor 1", s)
	}
	return presence.Meta{Name: s[1:], Away: s[0] == '1'}, nil
}

// online reads a present user's value: since, seen, meta.
func online(user, value string) (presence.Online, error) {
	since, rest, _ := strings.Cut(value, " ")
	_, shown, _ := strings.Cut(rest, " ")
	micros, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return presence.Online{}, fmt.Errorf("value %.80q of user %.160q: %w", value, user, err)
	}
	meta, err := metaOf(shown)
	return presence.Online{User: user, Meta: meta, Since: timeOf(micros)}, err
}
