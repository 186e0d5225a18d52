package page

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Command is what a page tells its reader to type.
type Command struct {
	Page  string
	Line  int
	Text  string   // without the words about it
	Says  []string // must be in what it prints
	Fails bool     // must exit with another status than 0
	Typed bool     // by the reader of the page, here and now
}

// String tells where a command is, and what it is.
func (c Command) String() string { return fmt.Sprintf("%s:%d: %s", c.Page, c.Line, c.Text) }

// programs begin the lines that are commands.
var programs = strings.Fields("weft bin/weft eval export make apt-get openstack neutron echo systemctl journalctl virsh examples/openstack/cloud.sh")

var (
	quoted   = regexp.MustCompile(`"([^"]+)"`)
	inline   = regexp.MustCompile("`(weft [^`]+)`")
	notTyped = regexp.MustCompile(`^<!-- not typed: .+ -->$`)
)

// Read gives the commands of a page in their order.
func Read(file string) ([]Command, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	return Parse(file, string(raw)), nil
}

// Parse reads the commands of a page's text.
func Parse(name, text string) []Command {
	r := reader{page: name, typed: true}
	for line := range strings.Lines(text) {
		r.line++
		r.read(strings.TrimRight(line, "\r\n"))
	}
	return r.found
}

// reader is how far a page is read.
type reader struct {
	page    string
	line    int
	fence   bool
	inside  bool // a block of code
	typed   bool // the block is
	session bool // only lines with a prompt are commands
	goesOn  bool // the last command ends with a backslash
	found   []Command
}

func (r *reader) read(line string) {
	bare := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(bare, "```"):
		r.fence = !r.fence
		r.inside, r.session = r.fence, false
		if !r.fence {
			r.typed = true
		}
	case r.fence || strings.HasPrefix(line, "    "):
		r.inside = true
		r.code(bare)
	case notTyped.MatchString(bare):
		r.typed = false
	case bare != "":
		if r.inside {
			r.typed = true
		}
		r.inside, r.session = false, false
	}
}

func (r *reader) code(bare string) {
	if r.goesOn {
		last := &r.found[len(r.found)-1]
		last.Text = strings.TrimSuffix(last.Text, `\`) + bare
		r.goesOn = strings.HasSuffix(bare, `\`)
		return
	}
	rest, prompt := strings.CutPrefix(bare, "$ ")
	r.session = r.session || prompt
	text, words, _ := strings.Cut(rest, " # ")
	if text = strings.TrimSpace(text); r.session && !prompt || !command(text) {
		return
	}
	c := Command{Page: r.page, Line: r.line, Text: text, Typed: r.typed && !strings.Contains(text, "…")}
	words = strings.TrimSpace(words)
	c.Fails = strings.HasPrefix(words, "fails") || strings.Contains(words, "exit status 1")
	for _, m := range quoted.FindAllStringSubmatch(words, -1) {
		c.Says = append(c.Says, m[1])
	}
	r.found, r.goesOn = append(r.found, c), strings.HasSuffix(text, `\`)
}

func command(text string) bool {
	for _, p := range programs {
		if text == p || strings.HasPrefix(text, p+" ") {
			return true
		}
	}
	return false
}

// Mentioned gives the commands of weft that a page's sentences name in `backticks`.
func Mentioned(name, text string) []Command {
	var found []Command
	n := 0
	for line := range strings.Lines(text) {
		n++
		for _, m := range inline.FindAllStringSubmatch(line, -1) {
			found = append(found, Command{Page: name, Line: n, Text: m[1]})
		}
	}
	return found
}
