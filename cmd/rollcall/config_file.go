package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// configFile is a parsed --config file: values by flag name.
type configFile map[string]any

var _ kong.Resolver = configFile(nil)

// loadConfigFile reads a YAML mapping whose keys are the names of flags.
func loadConfigFile(path string, flags []*kong.Flag) (configFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	var raw map[string]any
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("--config: %s: must be a YAML mapping of flag names to values: %s", path, yaml.FormatError(err, false, false))
	}
	file := configFile{}
	for name, value := range raw {
		i := slices.IndexFunc(flags, func(f *kong.Flag) bool { return f.Name == name && settable(f) })
		if i < 0 {
			return nil, fmt.Errorf("--config: %s: %s is not a flag that a file can set", path, name)
		}
		if file[name], err = plainValue(value, flags[i].IsSlice()); err != nil {
			return nil, fmt.Errorf("--config: %s: %s %w", path, name, err)
		}
	}
	return file, nil
}

// settable tells the configuration from the flags about it.
func settable(f *kong.Flag) bool {
	return !slices.Contains([]string{"help", "config", "print-config"}, f.Name)
}

// plainValue turns a value of the file into what the flag parser takes from
// the command line too: a string, or a list of them.
func plainValue(value any, list bool) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, fmt.Errorf("has no value")
	case map[string]any:
		return nil, fmt.Errorf("must not be a mapping")
	case []any:
		if !list {
			return nil, fmt.Errorf("must be one value")
		}
		items := make([]any, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("must be a list of strings")
			}
			items[i] = text
		}
		return items, nil
	}
	return fmt.Sprint(value), nil
}

// Validate is part of kong.Resolver; loadConfigFile has checked everything.
func (c configFile) Validate(*kong.Application) error { return nil }

// Resolve gives way to the environment, which kong would put below the file.
func (c configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	if value, ok := c[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}
