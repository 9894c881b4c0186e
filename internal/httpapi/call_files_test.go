package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"housecall/internal/access"
	"housecall/internal/consult"
	"housecall/internal/id"
	"housecall/internal/phi"
)

func TestWhatWasSentAndWrittenInACallIsReadOverHTTPUntilItIsDestroyed(t *testing.T) {
	t.Parallel()
	c, p := newPractice(t)
	house := access.Part("rooms", id.Request{})
	path := "/visits/" + c.queued(p)
	c.ask("dan", "POST", "/duty/on", "", 200)
	c.ask("ann", "POST", path+"/here", "", 200)
	c.ask("dan", "POST", "/queue/next", "", 200)
	room := c.ask("ann", "POST", path+"/ticket", "", 200)["room"].(string)
	const paper = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
	place := c.ask("ann", "POST", path+"/files", fmt.Sprintf(`{"name":"Blood test.pdf","type":"application/pdf","size":%d}`, len(paper)), 201)
	to, err := url.Parse(place["url"].(string))
	must(t, err)
	_, err = p.files.AcceptPut(t.Context(), strings.TrimPrefix(to.Path, "/blob/"), to.Query(), "application/pdf", int64(len(paper)), strings.NewReader(paper))
	must(t, err)
	file := place["attachment"].(string)
	c.ask("ann", "POST", path+"/files/"+file+"/settle", "", 200)
	for n, line := range []consult.ChatLine{
		{Seat: "patient", File: &consult.ChatFile{Ref: file}}, {Seat: "doctor", Text: phi.Text("Thank you.")},
	} {
		line.N, line.ID, line.At = n+1, "same page", p.clock.Now()
		must(t, p.visits.Wrote(t.Context(), house, room, line))
	}
	c.ask("dan", "POST", path+"/complete", "", 200)

	for _, who := range []string{"ann", "dan"} {
		items := c.ask(who, "GET", path+"/chat", "", 200)["items"].([]any)
		sent, said := items[0].(map[string]any), items[1].(map[string]any)
		if sent["role"] != "patient" || sent["file"].(map[string]any)["name"] != "Blood test.pdf" || sent["file"].(map[string]any)["id"] != file || said["text"] != "Thank you." || said["role"] != "doctor" {
			t.Errorf("%s reads %v", who, items)
		}
	}
	for _, who := range []string{"bob", "eve"} {
		c.ask(who, "GET", path+"/chat", "", 404)
		c.ask(who, "GET", path+"/files/"+file, "", 404)
	}

	p.clock.Advance(31 * 24 * time.Hour)
	_, err = p.visits.DestroyChats(t.Context(), house, 30*24*time.Hour)
	must(t, err)
	_, err = p.visits.DestroyCallFiles(t.Context(), house, 30*24*time.Hour)
	must(t, err)

	chat := c.ask("ann", "GET", path+"/chat", "", 200)
	if len(chat["items"].([]any)) != 0 || chat["destroyed_at"] == nil {
		t.Errorf("after its time the chat is %v", chat)
	}
	left := c.ask("ann", "GET", path+"/files", "", 200)["items"].([]any)[0].(map[string]any)
	if left["state"] != "destroyed" || left["name"] != "" || left["destroyed_at"] == nil {
		t.Errorf("after its time the file is %v", left)
	}
	c.ask("ann", "GET", path+"/files/"+file, "", 404)
}
