package main

import (
	"bytes"
	"encoding/xml"

	"github.com/vmware/govmomi/vim25/types"
)

// called is what the head of a request tells: which method of which object.
type called struct {
	method string
	this   types.ManagedObjectReference
	// Who logs in, where somebody does.
	user string
}

// peek reads only as far as it has to.
func peek(body []byte) called {
	var found called
	decoder := xml.NewDecoder(bytes.NewReader(body))
	inBody := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case start.Name.Local == "Body":
			inBody = true
		case !inBody:
		case found.method == "":
			found.method = start.Name.Local
		case start.Name.Local == "_this":
			found.this.Value = textOf(decoder)
			for _, attribute := range start.Attr {
				if attribute.Name.Local == "type" && attribute.Name.Space == "" {
					found.this.Type = attribute.Value
				}
			}
			if found.method != "Login" {
				return found
			}
		case start.Name.Local == "userName":
			found.user = textOf(decoder)
			return found
		}
	}
}

func textOf(decoder *xml.Decoder) string {
	var text []byte
	for {
		token, err := decoder.Token()
		if err != nil {
			return string(text)
		}
		switch token := token.(type) {
		case xml.CharData:
			text = append(text, token...)
		case xml.EndElement:
			return string(text)
		}
	}
}
