package exchange

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Story is what a server is asked in a row, beginning with an empty one.
type Story struct {
	Name  string
	Steps []Step
}

// Step is one request.
type Step struct {
	Who     string // one of People
	Method  string
	Path    string
	Headers []string // "Name: value"
	Body    string   // "": none
	Make    string   // the name of the object in the answer; "": it needs none
	Answer  *Answer  // what was recorded; nil: nothing
}

// Do makes a step of a line: who, method, path below /v2.0/ or from a slash on, and a body.
func Do(line string) Step {
	s, err := parseRequest(line)
	if err != nil {
		panic(err) // lines are written in programs
	}
	return s
}

// As gives the object in the answer a name.
func (s Step) As(name string) Step {
	s.Make = name
	return s
}

// With adds a header.
func (s Step) With(header string) Step {
	s.Headers = append(s.Headers[:len(s.Headers):len(s.Headers)], header)
	return s
}

// Tell makes a story of lines, as a file has them.
func Tell(name string, lines ...string) Story {
	s := Story{Name: name}
	for _, l := range lines {
		s.Steps = append(s.Steps, Do(l))
	}
	return s
}

// String is the request as a line of a file.
func (s Step) String() string {
	line := s.Who + " " + s.Method + " " + s.Path
	if s.Body != "" {
		line += " " + s.Body
	}
	if s.Make != "" {
		line += " => " + s.Make
	}
	return line
}

func parseRequest(line string) (s Step, err error) {
	line, s.Make, _ = strings.Cut(line, " => ")
	words := strings.SplitN(line, " ", 4)
	if len(words) < 3 {
		return s, fmt.Errorf("'%s' is not a request: want who, method and path", line)
	}
	s.Who, s.Method, s.Path = words[0], words[1], words[2]
	if !strings.HasPrefix(s.Path, "/") {
		s.Path = "/v2.0/" + s.Path
	}
	if len(words) == 4 {
		s.Body = words[3]
	}
	if _, ok := People[s.Who]; !ok {
		return s, fmt.Errorf("'%s': nobody is called %s", line, s.Who)
	}
	return s, nil
}

// Write writes stories as Read reads them.
func Write(w io.Writer, stories []Story) error {
	out := bufio.NewWriter(w)
	for _, s := range stories {
		fmt.Fprintf(out, "# %s\n", s.Name)
		for _, step := range s.Steps {
			for _, h := range step.Headers {
				fmt.Fprintf(out, "+ %s\n", h)
			}
			fmt.Fprintln(out, step)
			if step.Answer != nil {
				fmt.Fprintf(out, "< %s\n", step.Answer)
			}
		}
	}
	return out.Flush()
}

// Read reads a file of stories.
func Read(r io.Reader) (stories []Story, err error) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 16<<20)
	var headers []string
	for n := 1; in.Scan(); n++ {
		mark, rest, _ := strings.Cut(in.Text(), " ")
		if mark == "#" {
			stories = append(stories, Story{Name: rest})
			continue
		}
		if len(stories) == 0 {
			return nil, fmt.Errorf("line %d: a file begins with the name of a story", n)
		}
		s := &stories[len(stories)-1]
		switch mark {
		case "+":
			headers = append(headers, rest)
		case "<":
			err = s.answered(rest)
		default:
			var step Step
			step, err = parseRequest(in.Text())
			step.Headers, headers = headers, nil
			s.Steps = append(s.Steps, step)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return stories, in.Err()
}

// answered reads an answer to the last step.
func (s *Story) answered(text string) error {
	if len(s.Steps) == 0 {
		return errors.New("an answer without a request")
	}
	a := &Answer{}
	status, rest, _ := strings.Cut(text, " ")
	var err error
	if a.Status, err = strconv.Atoi(status); err != nil {
		return fmt.Errorf("status '%s': %w", status, err)
	}
	if !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, "[") {
		a.Type, rest, _ = strings.Cut(rest, " ")
	}
	if rest != "" {
		d := json.NewDecoder(strings.NewReader(rest))
		d.UseNumber() // IPv6 networks have more addresses than fit into a float
		if err := d.Decode(&a.Body); err != nil {
			return fmt.Errorf("answer '%s': %w", rest, err)
		}
	}
	s.Steps[len(s.Steps)-1].Answer = a
	return nil
}
