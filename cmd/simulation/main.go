// Command simulation plays the network of towns in virtual time and writes the page of its results anew, with
// its plots: `make simulation`. It is a tool for those who work on Bourg and no part of the program.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bourg/internal/simulation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "simulation:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	plan := simulation.Published()
	flags := flag.NewFlagSet("simulation", flag.ContinueOnError)
	flags.Uint64Var(&plan.Seed, "seed", plan.Seed, "of the generators")
	flags.IntVar(&plan.Towns, "towns", plan.Towns, "in the largest network")
	flags.IntVar(&plan.Days, "days", plan.Days, "for which merchants write")
	smaller := flags.String("smaller", join(plan.Smaller), "further sizes of the network")
	out := flags.String("out", "internal/simulation", "folder of RESULTS.md, results.json and the plots")
	render := flags.Bool("render", false, "write page and plots from results.json, and play nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *render {
		results, err := simulation.Load(*out)
		if err != nil {
			return err
		}
		return results.Write(*out)
	}
	var err error
	if plan.Smaller, err = split(*smaller); err != nil {
		return err
	}
	machine, err := simulation.MeasureMachine(time.Now)
	if err != nil {
		return err
	}
	begin := time.Now()
	results, err := simulation.Compute(ctx, plan, machine, func(done string) {
		fmt.Fprintf(os.Stderr, "%6.1f s  %s\n", time.Since(begin).Seconds(), done)
	})
	if err != nil {
		return err
	}
	results.Measured(time.Since(begin))
	return results.Write(*out)
}

func join(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func split(text string) ([]int, error) {
	var numbers []int
	for word := range strings.SplitSeq(text, ",") {
		if word == "" {
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < 2 {
			return nil, fmt.Errorf("sizes of the network: %q is none", word)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
