package main

import (
	"bytes"
	"net/http"
	"reflect"
	"strconv"

	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

const envelopeHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
	`<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"` +
	` xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"` +
	` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>`

const envelopeTail = `</soapenv:Body></soapenv:Envelope>`

// answer writes what one of our own methods returned, as the library would.
func answer(w http.ResponseWriter, body soap.HasFault) {
	if fault := body.Fault(); fault != nil {
		answerFault(w, fault.String, fault.Detail.Fault)
		return
	}
	value := reflect.Indirect(reflect.ValueOf(body))
	returned := value.FieldByName("Res").Interface()
	name := reflect.TypeOf(returned).Elem().Name()
	if own, ok := body.(done); ok {
		name = own.name
	}
	answerXML(w, http.StatusOK, encode(returned, name))
}

// answerFault writes a fault.
func answerFault(w http.ResponseWriter, said string, fault types.AnyType) {
	kind := reflect.TypeOf(fault).Elem().Name()
	var out bytes.Buffer
	out.WriteString("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>")
	_ = xml.EscapeText(&out, []byte(said))
	out.WriteString("</faultstring><detail>")
	detail := encode(fault, kind+"Fault")
	// The type stands where the element begins, after its name.
	head := len("<" + kind + "Fault")
	out.Write(detail[:head])
	out.WriteString(` xsi:type="` + kind + `"`)
	out.Write(detail[head:])
	out.WriteString("</detail></soapenv:Fault>")
	answerXML(w, http.StatusInternalServerError, out.Bytes())
}

func answerXML(w http.ResponseWriter, code int, inner []byte) {
	var out bytes.Buffer
	out.WriteString(envelopeHead)
	out.Write(inner)
	out.WriteString(envelopeTail)
	typed := typeArrayItems(out.Bytes())
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(typed)))
	w.WriteHeader(code)
	_, _ = w.Write(typed)
}

func encode(value interface{}, name string) []byte {
	var out bytes.Buffer
	encoder := xml.NewEncoder(&out)
	start := xml.StartElement{Name: xml.Name{Space: "urn:vim25", Local: name}}
	if err := encoder.EncodeElement(value, start); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func invalidLogin() types.AnyType { return new(types.InvalidLogin) }
