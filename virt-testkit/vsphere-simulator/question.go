package main

import (
	"fmt"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func init() {
	own["VirtualMachine.AnswerVM"] = answerVM
	controls["question"] = askQuestion
	controls["answers"] = func(*front, asked) (interface{}, error) {
		questions.mutex.Lock()
		defer questions.mutex.Unlock()
		return append([]given{}, questions.answers...), nil
	}
}

// question is one that is put to a machine.
type question struct {
	info     types.VirtualMachineQuestionInfo
	answered chan struct{}
}

// given is an answer that was given.
type given struct {
	Machine  string `json:"machine"`
	Question string `json:"question"`
	Choice   string `json:"choice"`
}

// questions are those that are open, by machine, and the answers to those that were.
var questions = struct {
	mutex   sync.Mutex
	last    int
	open    map[types.ManagedObjectReference]*question
	answers []given
}{open: make(map[types.ManagedObjectReference]*question)}

// askQuestion is the control: puts a question to a machine, at once or when a method is called next.
func askQuestion(f *front, ask asked) (interface{}, error) {
	machine := machineNamed(ask.text("vm"))
	if machine == nil {
		return nil, fmt.Errorf("there is no machine %q", ask.text("vm"))
	}
	asked := newQuestion(ask.text("text"), strings.Split(ask.text("choices"), ","))
	if method := ask.text("method"); method != "" {
		return f.plan.change(func(p *plan) { p.slow[method] = append(p.slow[method], slow{question: asked}) })
	}
	asked.put(machine)
	return asked.info.Id, nil
}

func newQuestion(text string, choices []string) *question {
	questions.mutex.Lock()
	defer questions.mutex.Unlock()
	questions.last++
	asked := &question{answered: make(chan struct{})}
	asked.info.Id = fmt.Sprintf("%d", questions.last)
	asked.info.Text = text
	for i, choice := range choices {
		asked.info.Choice.ChoiceInfo = append(asked.info.Choice.ChoiceInfo, &types.ElementDescription{
			Description: types.Description{Label: choice, Summary: choice},
			Key:         fmt.Sprintf("%d", i),
		})
	}
	// The last one: the first is number 0, which is not written.
	if len(choices) > 1 {
		asked.info.Choice.DefaultIndex = int32(len(choices) - 1)
	}
	asked.info.Message = []types.VirtualMachineMessage{{Id: "msg.simulator.question", Text: text}}
	return asked
}

// put puts it to a machine, and returns what is closed when it is answered.
func (q *question) put(object mo.Reference) <-chan struct{} {
	questions.mutex.Lock()
	questions.open[object.Reference()] = q
	questions.mutex.Unlock()
	simulator.Map.Update(object, []types.PropertyChange{
		{Name: "runtime.question", Val: &q.info},
		{Name: "summary.runtime.question", Val: &q.info},
	})
	return q.answered
}

// answerVM answers the question that there is.
func answerVM(c *call) soap.HasFault {
	request := c.body.(*types.AnswerVM)
	questions.mutex.Lock()
	defer questions.mutex.Unlock()
	open := questions.open[c.this]
	if open == nil || open.info.Id != request.QuestionId {
		return fault(&types.InvalidArgument{InvalidProperty: "questionId"})
	}
	known := false
	for _, choice := range open.info.Choice.ChoiceInfo {
		known = known || choice.GetElementDescription().Key == request.AnswerChoice
	}
	if !known {
		return fault(&types.InvalidArgument{InvalidProperty: "answerChoice"})
	}
	delete(questions.open, c.this)
	name := c.machine().Name
	questions.answers = append(questions.answers, given{name, request.QuestionId, request.AnswerChoice})
	simulator.Map.Update(c.machine(), []types.PropertyChange{
		{Name: "runtime.question", Val: nil},
		{Name: "summary.runtime.question", Val: nil},
	})
	close(open.answered)
	return c.returns(nil)
}

// machineNamed is the machine with this name, or with this value of its reference.
func machineNamed(name string) *simulator.VirtualMachine {
	for _, entity := range simulator.Map.All("VirtualMachine") {
		if machine := entity.(*simulator.VirtualMachine); machine.Name == name || machine.Self.Value == name {
			return machine
		}
	}
	return nil
}
