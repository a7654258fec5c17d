package jwtauth

import (
	"fmt"
	"slices"

	"rollcall/hub"
	"rollcall/wire"
)

// Roles are those a token may carry.
var Roles = []hub.Role{hub.Viewer, hub.Player, hub.Pusher, hub.Jury, hub.Admin}

// fieldNames says what a principal's fields are called where they came from.
type fieldNames struct{ user, prefix string }

// check refuses a principal with an unknown role or a name that breaks the
// rules of names. The text never repeats a value.
func check(p *hub.Principal, names fieldNames) error {
	if len(p.Roles) == 0 {
		return fmt.Errorf("%sroles is missing: at least one of %v", names.prefix, Roles)
	}
	for _, r := range p.Roles {
		if !slices.Contains(Roles, r) {
			return fmt.Errorf("%sroles holds an unknown role; the roles are %v", names.prefix, Roles)
		}
	}
	if p.User == "" && p.Can(hub.Player) && !p.Can(hub.Admin) {
		return fmt.Errorf("%s is missing: a player is someone", names.user)
	}
	var faults []*wire.Error
	if p.User != "" {
		faults = append(faults, wire.CheckMember(names.user, p.User))
	}
	faults = append(faults, wire.CheckText(names.prefix+"name", p.Name))
	if p.Source != "" {
		faults = append(faults, wire.CheckName(names.prefix+"source", p.Source))
	}
	if p.Member != "" {
		faults = append(faults, wire.CheckMember(names.prefix+"member", p.Member))
	}
	for _, room := range p.Rooms {
		faults = append(faults, wire.CheckName(names.prefix+"rooms", room))
	}
	for _, board := range p.Boards {
		faults = append(faults, wire.CheckName(names.prefix+"boards", board))
	}
	for board, m := range p.Members {
		faults = append(faults, wire.CheckName(names.prefix+"member", board), wire.CheckMember(names.prefix+"member", m))
	}
	for _, fault := range faults {
		if fault != nil {
			return fmt.Errorf("%s %s", fault.Field, fault.Message)
		}
	}
	return nil
}
