package cluster_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"rollcall/e2e/harness"
	"rollcall/wire"
)

func deployFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compose is what the tests read of compose.yaml.
type compose struct {
	Services map[string]struct {
		Image       string
		Build       any
		Volumes     []string
		Secrets     []string
		Environment map[string]string
		Networks    any
		Healthcheck any
		DependsOn   any `yaml:"depends_on"`
	}
	Volumes map[string]any
	Secrets map[string]struct{ File string }
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(deployFile(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestComposeNamesOnlyWhatIsThere: without an engine here, what compose mounts
// and runs is compared with what there is.
func TestComposeNamesOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	for _, name := range []string{"redis", "nats-1", "nats-2", "nats-3", "hub-1", "hub-2", "hub-3", "nginx", "prometheus", "grafana"} {
		if c.Services[name].Image == "" {
			t.Errorf("no service %s", name)
		}
	}
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if !strings.HasPrefix(from, ".") {
				if _, ok := c.Volumes[from]; !ok {
					t.Errorf("%s mounts the volume %s, which is not declared", name, from)
				}
				continue
			}
			if _, err := os.Stat(filepath.Join(harness.Root(t), "deploy", from)); err != nil {
				t.Errorf("%s mounts %s: %v", name, from, err)
			}
		}
		for _, secret := range s.Secrets {
			if c.Secrets[secret].File == "" {
				t.Errorf("%s has the secret %s, which is not declared", name, secret)
			}
		}
		if s.Build == nil && !pinned.MatchString(s.Image) {
			t.Errorf("%s: the image %s is not pinned to a version", name, s.Image)
		}
	}
}

var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+\.\d+(-[a-z0-9.]+)?$`)

func TestDeploymentHasKeysAndTheStoreKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	text := deployFile(t, "compose.yaml")
	for _, needed := range []string{
		"--appendonly yes", "--maxmemory-policy noeviction", "--requirepass ${REDIS_PASSWORD:?",
		"ROLLCALL_JWT_HS256_FILE:", "ROLLCALL_API_KEY_FILE:", "${NATS_PASSWORD:?", "${NATS_ROUTE_PASSWORD:?", "${GRAFANA_PASSWORD:?",
	} {
		if !strings.Contains(text, needed) {
			t.Errorf("compose.yaml has no %s", needed)
		}
	}
	if strings.Contains(text, "INSECURE") {
		t.Error("compose.yaml runs something insecure")
	}
}

// TestNginxIsAsDeployed gives nginx the file with the values of compose.yaml.
func TestNginxIsAsDeployed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	vars := map[string]string{}
	for name, value := range readCompose(t).Services["nginx"].Environment {
		vars[name] = defaults.ReplaceAllString(value, "$1")
	}
	vars["ROLLCALL_NGINX_TEMP"] = dir
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(harness.RenderNginx(t, vars)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "nginx", "-t", "-p", dir, "-c", conf, "-g", "pid "+dir+"/pid;").CombinedOutput()
	if err != nil {
		t.Errorf("nginx -t: %v\n%s", err, out)
	}
}

// defaults are values as ${NAME:-default}.
var defaults = regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`)

func TestDashboardAndAlertsUseMetricsThatExist(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{Nodes: 1})
	newBoard(t, c.Dial(), "b", wire.Rules{}) // some have no line before they have a value
	req, _ := http.NewRequestWithContext(bounded(t), http.MethodGet, c.Nodes[0].URL+"/metrics", nil)
	req.Header.Set("Authorization", "Bearer "+c.Admin())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("/metrics: %s, %v", res.Status, err)
	}
	shown := map[string]bool{}
	for _, help := range regexp.MustCompile(`(?m)^# HELP (\w+)`).FindAllStringSubmatch(string(body), -1) {
		shown[help[1]] = true
	}
	used, declared := 0, sources(t)
	for _, file := range []string{"grafana/dashboards/rollcall.json", "alerts.yml"} {
		for _, name := range regexp.MustCompile(`\b(rollcall|process)_[a-z_]+`).FindAllString(deployFile(t, file), -1) {
			used++
			// One with labels has no line before its first value.
			if !shown[strings.TrimSuffix(name, "_bucket")] && !strings.Contains(declared, `"`+name+`"`) &&
				!strings.Contains(declared, `busDesc("`+strings.TrimPrefix(name, "rollcall_bus_")+`"`) {
				t.Errorf("%s uses %s, which a hub does not have", file, name)
			}
		}
	}
	if used < 30 {
		t.Errorf("%d metrics are used; the dashboard has more", used)
	}
}

// sources are the non-test sources of the hub and of the program.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"hub", "cmd/rollcall"} {
		files, err := filepath.Glob(filepath.Join(harness.Root(t), dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(f, "_test.go") {
				all.Write(text)
			}
		}
	}
	return all.String()
}

func TestDeployedFilesParse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prometheus.yml", "alerts.yml", "grafana/dashboards.yaml", "grafana/datasources/prometheus.yaml"} {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(deployFile(t, name)), &v); err != nil || len(v) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var dashboard struct {
		Panels []struct{ Title string }
	}
	if err := json.Unmarshal([]byte(deployFile(t, "grafana/dashboards/rollcall.json")), &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Errorf("the dashboard: %v", err)
	}
}

// TestImageIsBuiltFromEnough compares what the program is made of with what
// .dockerignore lets through.
func TestImageIsBuiltFromEnough(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"CGO_ENABLED=0 go build ", "FROM scratch", "USER 65532", `CMD ["/rollcall", "health"`} {
		if !strings.Contains(string(dockerfile), line) {
			t.Errorf("the Dockerfile has no %s", line)
		}
	}
	let := dockerContext(t, root)
	deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "rollcall/cmd/rollcall").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(deps)) {
		if dir, ours := strings.CutPrefix(pkg, "rollcall/"); ours && !slices.Contains(let, strings.Split(dir, "/")[0]) {
			t.Errorf("the program needs %s, which .dockerignore keeps from the builder", dir)
		}
	}
}

// dockerContext are the names at the top that .dockerignore lets through.
func dockerContext(t *testing.T, root string) (let []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			let = append(let, name)
		}
	}
	return let
}
