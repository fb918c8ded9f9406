package main

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// guestShell is the pretend guest's shell: enough of one to run a program with its input and output in files, and
// scripts of simple commands.
type guestShell struct {
	guest       *guestSystem
	environment []string
	// $0, $1 and on.
	arguments []string
	// How long what it has run takes in all.
	lasts time.Duration
	// Where a script of this one writes to, and reads from.
	output, errors *[]byte
	input          []byte
	// Whether it has become another program, or has ended.
	over bool
}

func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// line runs a whole line, and tells how its last command has ended.
func (s *guestShell) line(text string) int32 {
	var code int32
	var command []guestWord
	skip := false
	run := func(next string) {
		if len(command) > 0 && !skip && !s.over {
			code = s.command(command)
		}
		command = nil
		switch next {
		case "&&":
			skip = code != 0
		case "||":
			skip = code == 0
		default:
			skip = false
		}
	}
	for _, word := range s.words(text) {
		if word.isSign {
			run(word.text)
		} else {
			command = append(command, word)
		}
	}
	run("")
	return code
}

// command runs one command, with its redirections.
func (s *guestShell) command(words []guestWord) int32 {
	var arguments []string
	input := s.input
	said, complaint := new([]byte), new([]byte)
	output, errors := s.output, s.errors
	if output == nil {
		output, errors = new([]byte), new([]byte)
	}
	files := map[string]*[]byte{}
	for _, word := range words {
		sign, target := word.redirection()
		switch sign {
		case "":
			arguments = append(arguments, word.text)
		case "<":
			input = s.guest.files[path.Clean(target)]
		default:
			to := new([]byte)
			switch target {
			case "/dev/null":
			case "&1":
				to = output
			case "&2":
				to = errors
			default:
				files[path.Clean(target)] = to
			}
			if sign == "2>" {
				errors = to
			} else {
				output = to
			}
		}
	}
	code := s.execute(arguments, input, said, complaint)
	*output = append(*output, *said...)
	*errors = append(*errors, *complaint...)
	for name, text := range files {
		s.guest.files[name] = *text
	}
	return code
}

// find is the path of a program.
func (s *guestShell) find(program string) (string, bool) {
	if !strings.Contains(program, "/") {
		program = "/bin/" + program
	}
	_, ok := s.guest.files[program]
	return program, ok && strings.HasPrefix(program, "/bin/")
}

// execute is what the programs do.
func (s *guestShell) execute(words []string, input []byte, said, complaint *[]byte) int32 {
	if len(words) == 0 {
		return 0
	}
	say := func(format string, values ...interface{}) { *said = append(*said, fmt.Sprintf(format, values...)...) }
	complain := func(format string, values ...interface{}) {
		*complaint = append(*complaint, fmt.Sprintf(format, values...)...)
	}
	program, arguments := words[0], words[1:]
	switch program {
	case "exec":
		code := s.execute(arguments, input, said, complaint)
		s.over = true
		return code
	case "exit":
		s.over = true
		if len(arguments) == 0 {
			return 0
		}
		code, _ := strconv.Atoi(arguments[0])
		return int32(code)
	case "command":
		found, ok := s.find(arguments[len(arguments)-1])
		if !ok {
			return 127
		}
		say("%s\n", found)
		return 0
	}
	found, ok := s.find(program)
	if !ok {
		complain("sh: %s: not found\n", program)
		return 127
	}
	switch path.Base(found) {
	case "echo":
		say("%s\n", strings.Join(arguments, " "))
	case "env":
		say("%s\n", strings.Join(s.environment, "\n"))
	case "false":
		return 1
	case "sleep":
		if len(arguments) > 0 {
			lasts, _ := time.ParseDuration(arguments[0] + "s")
			s.lasts += lasts
		}
	case "cat":
		var code int32
		if len(arguments) == 0 {
			*said = append(*said, input...)
		}
		for _, name := range arguments {
			if text, ok := s.guest.files[path.Clean(name)]; ok {
				*said = append(*said, text...)
			} else {
				complain("cat: %s: No such file or directory\n", name)
				code = 1
			}
		}
		return code
	case "sh":
		if len(arguments) < 2 || arguments[0] != "-c" {
			return 0
		}
		inner := &guestShell{
			guest: s.guest, environment: s.environment, arguments: arguments[2:],
			output: said, errors: complaint, input: input,
		}
		code := inner.line(arguments[1])
		s.lasts += inner.lasts
		return code
	}
	return 0
}
