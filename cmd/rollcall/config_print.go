package main

import (
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// password is one in an address, as redis://user:password@host.
var password = regexp.MustCompile(`(://[^:@/,]*):[^@/]*@`)

// printConfig writes the configuration in force in the form that --config
// reads. Secrets are not in it: flags hold the names of their files, and a
// password in an address shows as xxxxx.
func printConfig(w io.Writer, flags []*kong.Flag) error {
	var out yaml.MapSlice
	for _, f := range flags {
		if settable(f) {
			out = append(out, yaml.MapItem{Key: f.Name, Value: yamlValue(f.Target.Interface())})
		}
	}
	text, err := yaml.Marshal(out)
	if err != nil {
		return fmt.Errorf("--print-config: %w", err)
	}
	_, err = w.Write(text)
	return err
}

func yamlValue(value any) any {
	switch v := value.(type) {
	case string:
		return password.ReplaceAllString(v, "$1:xxxxx@")
	case time.Duration:
		return v.String()
	case []string:
		if v == nil {
			return []string{}
		}
	}
	return value
}
