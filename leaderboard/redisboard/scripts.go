package redisboard

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed scripts/apply.lua
	applyLua string
	//go:embed scripts/apply_identity.lua
	identityLua string
	//go:embed scripts/apply_op.lua
	opLua string
	//go:embed scripts/apply_write.lua
	writeLua string
	//go:embed scripts/put.lua
	putLua string
	//go:embed scripts/delete.lua
	deleteLua string
	//go:embed scripts/claim.lua
	claimLua string
	//go:embed scripts/prove.lua
	proveLua string
	//go:embed scripts/lasted.lua
	lastedLua string
)

// script is one of scripts/*.lua under its name.
type script struct {
	*redis.Script
	name string
}

var (
	applyScript  = script{redis.NewScript(applyLua + identityLua + opLua + writeLua), "apply"}
	putScript    = script{redis.NewScript(putLua), "put"}
	deleteScript = script{redis.NewScript(deleteLua), "delete"}
	claimScript  = script{redis.NewScript(claimLua), "claim"}
	proveScript  = script{redis.NewScript(proveLua), "prove"}
	lastedScript = script{redis.NewScript(lastedLua), "lasted"}
)

// write runs a script until its outcome is known.
func (s *Store) write(ctx context.Context, sc script, events int, keys []string, args ...any) (r reply, err error) {
	err = s.resend(ctx, func() error {
		r, err = s.once(ctx, s.clients.Write, sc, events, keys, args)
		return err
	})
	return r, err
}

// once runs a script. Redis forgets scripts when it restarts: it is sent whole
// then.
func (s *Store) once(ctx context.Context, c redis.Scripter, sc script, events int, keys []string, args []any) (reply, error) {
	start := time.Now()
	v, err := sc.Run(ctx, c, keys, args...).Result()
	s.cfg.Observe(sc.name, time.Since(start), events)
	if err != nil {
		return reply{}, err
	}
	return sc.reply(v), nil
}

func (sc script) reply(v any) reply {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	return reply{script: sc.name, list: list}
}

// reply takes the values of a script's answer, first to last. After the first
// that is of another type it gives zeros and keeps the fault.
type reply struct {
	script string
	list   []any
	err    error
}

func (r *reply) empty() bool { return len(r.list) == 0 }

func (r *reply) next() any {
	if len(r.list) == 0 {
		r.fail("is too short")
		return nil
	}
	v := r.list[0]
	r.list = r.list[1:]
	return v
}

func (r *reply) text() string {
	v, ok := r.next().(string)
	if !ok {
		r.fail("has no text where one should be")
	}
	return v
}

func (r *reply) int() int64 {
	v, ok := r.next().(int64)
	if !ok {
		r.fail("has no integer where one should be")
	}
	return v
}

// uint is an integer that came as text.
func (r *reply) uint() uint64 {
	v, err := parseUint(r.text())
	if err != nil {
		r.fail(err.Error())
	}
	return v
}

func (r *reply) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("answer of script %s: %s", r.script, what)
	}
}
