package main

import "strings"

// guestWord is a word of a line for the pretend guest's shell.
type guestWord struct {
	text string
	// Whether it begins with something that is not quoted: only then it may say where output goes.
	isPlain bool
	// Whether it is what stands between commands.
	isSign bool
}

// redirection is where a word says that input comes from or output goes to.
func (w guestWord) redirection() (sign, target string) {
	if !w.isPlain {
		return "", ""
	}
	for _, sign := range []string{"2>", "1>", ">", "<"} {
		if strings.HasPrefix(w.text, sign) {
			return sign, strings.TrimPrefix(w.text, sign)
		}
	}
	return "", ""
}

// words cuts a line into words, with quotes and arguments as a shell has them.
func (s *guestShell) words(text string) []guestWord {
	var words []guestWord
	var word strings.Builder
	begun, isPlain := false, false
	begin := func(plain bool) {
		if !begun {
			begun, isPlain = true, plain
		}
	}
	end := func() {
		// What a redirection goes to may stand by itself.
		if last := len(words) - 1; begun && last >= 0 && words[last].goesOn() {
			words[last].text += word.String()
		} else if begun {
			words = append(words, guestWord{text: word.String(), isPlain: isPlain})
		}
		word.Reset()
		begun = false
	}
	var quote byte
	for i := 0; i < len(text); i++ {
		char := text[i]
		switch {
		case quote != 0 && char == quote:
			quote = 0
		case quote == 0 && (char == '\'' || char == '"'):
			begin(false)
			quote = char
		case quote != '\'' && char == '\\' && i+1 < len(text):
			begin(false)
			i++
			word.WriteByte(text[i])
		case quote != '\'' && char == '$' && i+1 < len(text) && s.expand(text[i+1]) != nil:
			begin(false)
			i++
			for n, argument := range s.expand(text[i]) {
				if n > 0 {
					end()
					begin(false)
				}
				word.WriteString(argument)
			}
			// No arguments are no word.
			if text[i] == '@' && len(s.arguments) < 2 && word.Len() == 0 {
				begun = false
			}
		case quote == 0 && (char == ' ' || char == '\t'):
			end()
		case quote == 0 && (char == ';' || char == '\n'):
			end()
			words = append(words, guestWord{text: ";", isSign: true})
		case quote == 0 && i+1 < len(text) && (text[i:i+2] == "&&" || text[i:i+2] == "||"):
			end()
			words = append(words, guestWord{text: text[i : i+2], isSign: true})
			i++
		default:
			begin(quote == 0)
			word.WriteByte(char)
		}
	}
	end()
	return words
}

// goesOn tells whether a word is a redirection that does not say yet where to.
func (w guestWord) goesOn() bool {
	sign, target := w.redirection()
	return sign != "" && target == ""
}

// expand is what $0, $1 and $@ stand for; nothing for others, which stay as they are.
func (s *guestShell) expand(name byte) []string {
	switch {
	case name == '@' && len(s.arguments) > 1:
		return s.arguments[1:]
	case name == '@':
		return []string{}
	case name >= '0' && name <= '9' && int(name-'0') < len(s.arguments):
		return []string{s.arguments[name-'0']}
	}
	return nil
}
