package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// health answers whoever watches the service: alive, ready, and its figures.
func (s *Server) health(d Deps) {
	s.gin.GET("/livez", func(c *gin.Context) { c.String(http.StatusOK, "alive\n") })
	s.gin.GET("/readyz", func(c *gin.Context) {
		missing := d.Ready(c.Request.Context())
		status := http.StatusOK
		if len(missing) > 0 {
			status = http.StatusServiceUnavailable
		}
		c.JSON(status, gin.H{"ready": len(missing) == 0, "missing": missing})
	})
	metrics := promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{})
	s.gin.GET("/metrics", gin.WrapH(metrics))
}
