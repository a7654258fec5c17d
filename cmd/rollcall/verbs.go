package main

import (
	"errors"

	"github.com/alecthomas/kong"
)

// verb is one word of the command line. Its struct's Run(*env) error does the
// work; kong's tags on the struct describe the flags.
type verb struct {
	name, help string
	make       func() any // a pointer to a fresh struct
}

// verbs in the order of --help.
func verbs() []verb {
	return []verb{
		{"serve", "Run a hub.", func() any { return &serveCmd{} }},
		{"demo", "Run a hub with a simulated contest.", func() any { return &demoCmd{} }},
		{"push", "Push score events.", func() any { return &pushCmd{} }},
		{"watch", "Show live standings in the terminal.", func() any { return &watchCmd{} }},
		{"replay", "Push a recorded contest.", func() any { return &replayCmd{} }},
		{"export", "Write a board to a file.", func() any { return &exportCmd{} }},
		{"import", "Make a board of an exported archive.", func() any { return &importCmd{} }},
		{"verify", "Recompute a board and compare every copy of it.", func() any { return &verifyCmd{} }},
		{"token", "Print tokens for people, and API keys for bots.", func() any { return &tokenCmd{} }},
		{"bench", "Measure a hub.", func() any { return &benchCmd{} }},
		{"doctor", "Say what a deployment survives, and what to change.", func() any { return &doctorCmd{} }},
		{"health", "Ask a hub whether it is well.", func() any { return &healthCmd{} }},
	}
}

// errDone says that all there was to do has been done while parsing (help).
var errDone = errors.New("done")

// parse reads the command line, the environment and, for the verbs that have
// one, the config file. With --help or --print-config it prints and returns
// errDone.
func parse(e *env, verbs []verb, args []string) (*kong.Context, error) {
	parsed, err := parseWith(e, verbs, args)
	if err != nil {
		return nil, err
	}
	flags := hubFlagsOf(parsed)
	if flags == nil {
		return parsed, nil
	}
	if flags.Config != "" {
		file, err := loadConfigFile(flags.Config, parsed.Selected().Flags)
		if err != nil {
			return nil, err
		}
		if parsed, err = parseWith(e, verbs, args, kong.Resolvers(file)); err != nil {
			return nil, err
		}
		flags = hubFlagsOf(parsed)
	}
	if err := flags.validate(); err != nil {
		return nil, err
	}
	if flags.PrintConfig {
		if err := printConfig(e.stdout, parsed.Selected().Flags); err != nil {
			return nil, err
		}
		return nil, errDone
	}
	return parsed, nil
}

// hubFlagsOf returns the configuration of a verb that starts a hub, else nil.
func hubFlagsOf(parsed *kong.Context) *serveFlags {
	hub, ok := parsed.Selected().Target.Addr().Interface().(interface{ hubFlags() *serveFlags })
	if !ok {
		return nil
	}
	return hub.hubFlags()
}

// parseWith parses into fresh verbs.
func parseWith(e *env, verbs []verb, args []string, opts ...kong.Option) (*kong.Context, error) {
	done := false
	opts = append(opts,
		kong.Name("rollcall"),
		kong.Description("A real-time presence and leaderboard hub."),
		kong.Writers(e.stdout, e.stderr),
		kong.Exit(func(int) { done = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	for _, v := range verbs {
		opts = append(opts, kong.DynamicCommand(v.name, v.help, "", v.make()))
	}
	parser, err := kong.New(&struct{}{}, opts...)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if done {
		return nil, errDone
	}
	return parsed, err
}
