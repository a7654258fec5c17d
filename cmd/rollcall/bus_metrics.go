package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"rollcall/hub/natsbus"
)

// busCollector shows what the bus between nodes does.
type busCollector struct{ bus *natsbus.Bus }

func busDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("rollcall_bus_"+name, help, labels, nil)
}

var (
	busConnected     = busDesc("connected", "1 while the bus has a server.")
	busReconnects    = busDesc("reconnects_total", "Times the bus found a server again.")
	busSubscriptions = busDesc("subscriptions", "Subjects that this node hears.")
	busQueue         = busDesc("queue", "Messages that wait.", "direction")
	busMessages      = busDesc("messages_total", "Messages sent and heard, by kind.", "direction", "kind")
	busBytes         = busDesc("bytes_total", "Bytes sent and heard, by kind.", "direction", "kind")
	busDropped       = busDesc("dropped_total", "Messages lost on this node, by reason.", "reason")
	busBad           = busDesc("bad_total", "Messages heard that were not sound, by reason.", "reason")
	busDoubts        = busDesc("doubts_total", "Times that something may not have been heard.")
	busErrors        = busDesc("errors_total", "Complaints of the servers: permissions, slow consumer.")
)

// Describe implements prometheus.Collector.
func (c busCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c busCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.bus.Stats()
	put := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	connected := 0.0
	if s.Connected {
		connected = 1
	}
	put(busConnected, prometheus.GaugeValue, connected)
	put(busReconnects, prometheus.CounterValue, float64(s.Reconnects))
	put(busSubscriptions, prometheus.GaugeValue, float64(s.Subscriptions))
	put(busQueue, prometheus.GaugeValue, float64(s.OutQueue), "out")
	put(busQueue, prometheus.GaugeValue, float64(s.InQueue), "in")
	for direction, traffic := range map[string]map[string]natsbus.Traffic{"in": s.In, "out": s.Out} {
		for kind, t := range traffic {
			put(busMessages, prometheus.CounterValue, float64(t.Messages), direction, kind)
			put(busBytes, prometheus.CounterValue, float64(t.Bytes), direction, kind)
		}
	}
	for reason, n := range s.Dropped {
		put(busDropped, prometheus.CounterValue, float64(n), reason)
	}
	for reason, n := range s.Bad {
		put(busBad, prometheus.CounterValue, float64(n), reason)
	}
	put(busDoubts, prometheus.CounterValue, float64(s.Doubts))
	put(busErrors, prometheus.CounterValue, float64(s.Errors))
}
