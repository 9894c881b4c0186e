package httpapi

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
)

//go:embed docs.html
var docsFiles embed.FS

// document serves the description of the API, for programs at /openapi.json and for people at /docs.
func (s *Server) document() {
	spec := sync.OnceValue(s.Spec) // written when somebody asks: it takes as long as all else of a start
	page := template.Must(template.ParseFS(docsFiles, "docs.html"))
	s.gin.GET("/openapi.json", func(c *gin.Context) { c.Data(http.StatusOK, "application/json", spec()) })
	s.gin.GET("/docs", func(c *gin.Context) {
		c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		c.Header("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(c.Writer, s.Routes())
	})
}

// Spec is the OpenAPI 3.1 description of every route.
func (s *Server) Spec() []byte {
	spec, err := json.MarshalIndent(s.api.OpenAPI(), "", " ")
	if err != nil {
		panic("httpapi: describe: " + err.Error())
	}
	return spec
}
