package clics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// notification is one line of a feed.
type notification struct {
	Type string          `json:"type"`
	ID   json.RawMessage `json:"id"`
	Op   string          `json:"op"` // only in 2020-03, where ID is the notification's own
	Data json.RawMessage `json:"data"`
}

func parseNotification(b []byte) (notification, error) {
	var n notification
	if err := json.Unmarshal(b, &n); err != nil {
		return n, fmt.Errorf("not a notification: %w", err)
	}
	if n.Type == "" {
		return n, errors.New("not a notification: type is missing")
	}
	return n, nil
}

// update is what a line does to one collection: drop one object, put one, or,
// if whole, put these and drop all others.
type update[T object] struct {
	whole bool
	put   []entry[T]
	drop  ident
}

type entry[T object] struct {
	id   ident
	data T
}

// decode reads the update of a notification of T's type.
func decode[T object](n notification) (update[T], error) {
	u, err := decodeForm[T](n)
	if err != nil {
		return u, fmt.Errorf("%s: %w", n.Type, err)
	}
	return u, nil
}

func decodeForm[T object](n notification) (update[T], error) {
	if n.Op != "" {
		return decodeOld[T](n)
	}
	var id ident
	if len(n.ID) > 0 {
		if err := json.Unmarshal(n.ID, &id); err != nil {
			return update[T]{}, fmt.Errorf("id: %w", err)
		}
	}
	switch data := bytes.TrimSpace(n.Data); {
	case len(data) == 0 || data[0] == 'n':
		return update[T]{drop: id, whole: id == ""}, nil
	case data[0] == '[':
		return decodeWhole[T](data)
	default:
		return decodeOne[T](id, data)
	}
}

// decodeOld reads the form of 2020-03, where the object's id is in its data.
func decodeOld[T object](n notification) (update[T], error) {
	switch n.Op {
	case "create", "update":
		return decodeOne[T]("", n.Data)
	case "delete":
		u, err := decodeOne[T]("", n.Data)
		if err != nil {
			return u, err
		}
		return update[T]{drop: u.put[0].id}, nil
	}
	return update[T]{}, fmt.Errorf("op %q is none of create, update, delete", n.Op)
}

func decodeOne[T object](id ident, data []byte) (update[T], error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return update[T]{}, fmt.Errorf("data: %w", err)
	}
	if id == "" {
		id = v.key()
	}
	if id == "" {
		return update[T]{}, errors.New("id is missing")
	}
	return update[T]{put: []entry[T]{{id, v}}}, nil
}

func decodeWhole[T object](data []byte) (update[T], error) {
	var all []T
	if err := json.Unmarshal(data, &all); err != nil {
		return update[T]{}, fmt.Errorf("data: %w", err)
	}
	u := update[T]{whole: true}
	for i, v := range all {
		if v.key() == "" {
			return update[T]{}, fmt.Errorf("data[%d]: id is missing", i)
		}
		u.put = append(u.put, entry[T]{v.key(), v})
	}
	return u, nil
}
