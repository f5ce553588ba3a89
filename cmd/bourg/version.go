package main

// versionCommand prints the version.
type versionCommand struct{}

func (c *versionCommand) Run(e *env) error {
	return e.print(map[string]string{"version": version})
}
