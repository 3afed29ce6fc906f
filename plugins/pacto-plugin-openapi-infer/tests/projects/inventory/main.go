// Command inventory is a small warehouse API built on Huma.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"example.com/inventory/handlers"
)

const version = "1.4.0"

func newAPI(router chi.Router) huma.API {
	config := huma.DefaultConfig("Inventory API", version)
	config.Info.Description = "Keeps track of items & warehouses."
	config.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	config.Servers = []*huma.Server{
		{URL: "https://inventory.example.com", Description: "Production"},
	}
	config.Tags = []*huma.Tag{
		{Name: "Items", Description: "Stock keeping units"},
		{Name: "Warehouses"},
	}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
	}

	api := humachi.New(router, config)
	handlers.RegisterItems(api, handlers.NewStore())
	handlers.RegisterWarehouses(api)
	return api
}

func main() {
	dump := flag.Bool("openapi", false, "print the OpenAPI document and exit")
	addr := flag.String("addr", ":8080", "listen address")
	flag.Parse()

	router := chi.NewMux()
	router.Use(middleware.Recoverer)
	api := newAPI(router)

	if *dump {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(api.OpenAPI()); err != nil {
			log.Fatal(err)
		}
		return
	}
	fmt.Println("listening on", *addr)
	log.Fatal(http.ListenAndServe(*addr, router))
}
