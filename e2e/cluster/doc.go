// Package cluster has no code, only tests: a deployment of real processes
// (Redis, three NATS servers, several hubs, nginx with deploy/nginx.conf) whose
// links and parts fail while people and bots use it. Thresholds run at a tenth
// of real time; ROLLCALL_E2E_SCALE=1 (`make soak`) runs them as deployed.
package cluster
