package main

import (
	"bytes"
	"strings"
)

const instance = "http://www.w3.org/2001/XMLSchema-instance"

// The names that the library's encoder gives to the namespace of xsi:type and declares again and again.
var (
	longDeclaration = []byte(` xmlns:XMLSchema-instance="` + instance + `"`)
	longType        = []byte(` XMLSchema-instance:type="`)
	shortType       = []byte(` xsi:type="`)
)

// typeArrayItems gives the items of arrays the type that real servers give them, and without which libvirt's driver
// refuses them; and it writes the types as real servers do.
func typeArrayItems(in []byte) []byte {
	in = bytes.ReplaceAll(in, longDeclaration, nil)
	in = bytes.ReplaceAll(in, longType, shortType)
	var out bytes.Buffer
	out.Grow(len(in) + len(in)/4)
	// For each element that is open: the type that its children have to be given.
	var open []string
	for len(in) > 0 {
		at := bytes.IndexByte(in, '<')
		if at < 0 {
			break
		}
		end := bytes.IndexByte(in[at:], '>')
		if end < 0 {
			break
		}
		out.Write(in[:at])
		tag := in[at : at+end+1]
		in = in[at+end+1:]
		switch tag[1] {
		case '?', '!':
			out.Write(tag)
		case '/':
			out.Write(tag)
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		default:
			given := ""
			if len(open) > 0 {
				given = open[len(open)-1]
			}
			own := valueOfType(tag)
			if given != "" && own == "" {
				own = given
				name := bytes.IndexAny(tag, " />")
				out.Write(tag[:name])
				out.WriteString(` xsi:type="` + given + `"`)
				out.Write(tag[name:])
			} else {
				out.Write(tag)
			}
			if tag[len(tag)-2] != '/' {
				open = append(open, itemType(own))
			}
		}
	}
	out.Write(in)
	return out.Bytes()
}

// valueOfType is what a tag says of its xsi:type.
func valueOfType(tag []byte) string {
	at := bytes.Index(tag, shortType)
	if at < 0 {
		return ""
	}
	rest := tag[at+len(shortType):]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return ""
	}
	return string(rest[:end])
}

// itemType is the type of the items of an array, empty for what is none.
func itemType(of string) string {
	const array = "ArrayOf"
	if !strings.HasPrefix(of, array) {
		return ""
	}
	item := of[len(array):]
	switch item {
	case "String", "Int", "Long", "Short", "Byte", "Boolean", "Double", "Float":
		return "xsd:" + strings.ToLower(item)
	case "DateTime":
		return "xsd:dateTime"
	case "AnyType", "AnyURI":
		return ""
	}
	return item
}
