package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// A judge resumes its stream of verdicts where the board stands, whatever
// happened to the judge or the hub meanwhile.
func ExampleClient_Source() {
	ctx := context.Background()
	c, err := client.Dial(ctx, "http://localhost:8080", client.Token("judge-key"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	verdicts := []wire.Event{
		{Member: "alok", Op: wire.OpIncr, Score: new(10.0)},
		{Member: "mira", Op: wire.OpIncr, Score: new(20.0), Name: new("Mira")},
	}
	judge, err := c.Source(ctx, "finals", "judge-1")
	if err != nil {
		log.Fatal(err)
	}
	results, err := judge.Push(ctx, verdicts[judge.Last():]...)
	var no *wire.Error
	if errors.As(err, &no) && no.Code == wire.Fenced {
		log.Fatal("another judge-1 has taken over")
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		fmt.Println(r.Member, r.Status)
	}
}

// A judge that ends tells what it could not see become durable.
func ExampleSource_Stats() {
	ctx := context.Background()
	c, err := client.Dial(ctx, "http://localhost:8080", client.Token("judge-key"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	judge, err := c.Source(ctx, "finals", "judge-1", client.Ack(wire.AckReplica), client.OutboxEvents(10_000))
	if err != nil {
		log.Fatal(err)
	}
	_, err = judge.Push(ctx, wire.Event{Member: "alok", Op: wire.OpIncr, Score: new(10.0)})
	var lost *client.LostError
	if errors.As(err, &lost) {
		log.Fatalf("push again from %d on", lost.From)
	}
	if err != nil {
		log.Fatal(err)
	}
	switch st := judge.Stats(); {
	case st.Durable == nil:
		fmt.Println("the hub cannot tell what is durable;", st.Held, "events are held")
	case *st.Durable < st.Seq:
		fmt.Println(st.Seq-*st.Durable, "events are not durable yet")
	}
}

// A casual sender has no stream; its events get random ids, so that what the
// client sends again counts once.
func ExampleClient_Push() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, "http://localhost:8080")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	results, err := c.Push(ctx, "finals", wire.Event{Member: "alok", Op: wire.OpBest, Score: new(99.5)})
	if err != nil {
		log.Fatal(err)
	}
	if no := results[0].Error; no != nil {
		log.Fatal(no)
	}
}

// A dashboard shows the newest standings and says when they are stale.
func ExampleClient_WatchBoard() {
	ctx := context.Background()
	c, err := client.Dial(ctx, "ws://localhost:8080")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	for board, err := range c.WatchBoard(ctx, "finals", client.BoardOptions{N: 10}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range board.Entries {
			fmt.Printf("%3d %-20s %g\n", e.Rank, e.Name, e.Score)
		}
		if !board.Connected {
			fmt.Println("connection lost, waiting")
		}
	}
}

// A participant is present in a room for as long as the client lives.
func ExampleClient_Join() {
	ctx := context.Background()
	c, err := client.Dial(ctx, "http://localhost:8080", client.Name("Alok"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close() // leaves

	if err := c.Join(ctx, "hall"); err != nil {
		log.Fatal(err)
	}
	for room, err := range c.WatchRoom(ctx, "hall", client.RoomOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(room.Count, "online")
	}
}
