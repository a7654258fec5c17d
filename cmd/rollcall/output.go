package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// output is where a verb writes: standard output, or a file that is there whole
// or not at all.
type output struct {
	io.Writer
	file *os.File // nil = standard output
	path string   // what file is renamed to when it is whole; "" = it has its name
}

// openOut opens the file that --output names; "" and "-" are standard output.
// What is written live is there at once. The caller ends it with close.
func openOut(e *env, path string, live bool) (*output, error) {
	if path == "" || path == "-" {
		return &output{Writer: e.stdout}, nil
	}
	o := &output{path: path}
	var err error
	if info, missing := os.Stat(path); live || missing == nil && !info.Mode().IsRegular() { // a pipe
		o.path = ""
		o.file, err = os.Create(path)
	} else {
		o.file, err = os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	}
	if err != nil {
		return nil, fmt.Errorf("--output: %w", err)
	}
	o.Writer = o.file
	return o, nil
}

// close makes the file durable and gives it its name; after a fault nothing of
// it is left, and what stood under the name stays.
func (o *output) close(fault error) error {
	if o.file == nil {
		return fault
	}
	if o.path == "" {
		return errors.Join(fault, o.file.Close())
	}
	part := o.file.Name()
	err := fault
	if err == nil {
		err = o.file.Sync()
	}
	err = errors.Join(err, o.file.Close())
	if err == nil {
		err = os.Rename(part, o.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}
