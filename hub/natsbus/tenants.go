package natsbus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/hub"
)

// idleBeforeReuse is how long an account must have had no connection before
// another principal gets it: far longer than a request or an answer lives.
const idleBeforeReuse = time.Minute

var errTooManyPrincipals = errors.New("too many different principals are connected")

// tenant is one principal with its account. It never changes; an account that
// goes to another principal gets a new tenant.
type tenant struct {
	who     hub.Principal // without Expires: that is the connection's
	account *server.Account
}

// tenants gives each principal an account.
type tenants struct {
	max  int                                      // static
	make func(id uint64) (*server.Account, error) // static
	idle func(account *server.Account) bool       // static; no connection now
	now  func() time.Time                         // static

	mu    sync.Mutex
	slots []slot            // by id
	ids   map[string]uint64 // by key of the principal
}

type slot struct {
	tenant    *tenant
	key       string
	idleSince time.Time // zero = not seen idle
}

func newTenants(limit int, newAccount func(id uint64) (*server.Account, error)) *tenants {
	return &tenants{
		max:  limit,
		make: newAccount,
		idle: func(a *server.Account) bool { return a.NumLocalConnections() == 0 },
		now:  time.Now,
		ids:  map[string]uint64{},
	}
}

// get returns the tenant whose account is the id-th, nil if there is none.
func (ts *tenants) get(id uint64) *tenant {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if id >= uint64(len(ts.slots)) {
		return nil
	}
	return ts.slots[id].tenant
}

// enter returns the principal's tenant and calls join with its account, so
// that the account cannot be given away in between.
func (ts *tenants) enter(who hub.Principal, join func(*server.Account)) error {
	who.Expires = time.Time{}
	text, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("principal: %w", err)
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	id, err := ts.findLocked(string(text))
	if err != nil {
		return err
	}
	s := &ts.slots[id]
	if s.key != string(text) {
		delete(ts.ids, s.key)
		s.key = string(text)
		s.tenant = &tenant{who: who, account: s.tenant.account}
		ts.ids[s.key] = id
	}
	s.idleSince = time.Time{}
	join(s.tenant.account)
	return nil
}

// findLocked returns the slot of the key, a new one, or one to be taken over.
func (ts *tenants) findLocked(key string) (uint64, error) {
	if id, ok := ts.ids[key]; ok {
		return id, nil
	}
	id := uint64(len(ts.slots))
	if len(ts.slots) >= ts.max {
		return ts.reusableLocked()
	}
	account, err := ts.make(id)
	if err != nil {
		return 0, err
	}
	ts.slots = append(ts.slots, slot{tenant: &tenant{account: account}})
	return id, nil
}

// reusableLocked finds an account that was without connections for a minute,
// and notes which ones are without now.
func (ts *tenants) reusableLocked() (uint64, error) {
	now := ts.now()
	for id := range ts.slots {
		s := &ts.slots[id]
		switch {
		case !ts.idle(s.tenant.account):
			s.idleSince = time.Time{}
		case s.idleSince.IsZero():
			s.idleSince = now
		case now.Sub(s.idleSince) >= idleBeforeReuse:
			return uint64(id), nil
		}
	}
	return 0, errTooManyPrincipals
}

// newAccount makes the id-th private account: its only way out leads to the
// hub, under its number.
func newAccount(srv *server.Server, hubAccount *server.Account, id uint64) (*server.Account, error) {
	n := strconv.FormatUint(id, 10)
	account, err := srv.RegisterAccount("bot-" + n)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if err := account.AddServiceImport(hubAccount, pushAny, botPrefix+n+".*"); err != nil {
		return nil, fmt.Errorf("account import: %w", err)
	}
	return account, nil
}
