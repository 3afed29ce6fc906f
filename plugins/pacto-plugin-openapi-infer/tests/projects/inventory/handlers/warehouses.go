package handlers

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"example.com/inventory/models"
)

const apiPrefix = "/warehouses"

// RegisterWarehouses adds the warehouse and health routes.
func RegisterWarehouses(api huma.API) {
	huma.Get(api, apiPrefix, listWarehouses, huma.OperationTags("Warehouses"))

	huma.Post(api, apiPrefix+"/{code}/transfers", func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"8"`
		Body struct {
			To    string         `json:"to" doc:"Target warehouse code"`
			Items []TransferLine `json:"items" minItems:"1"`
			Note  *string        `json:"note,omitempty" maxLength:"200"`
		}
	}) (*struct {
		Body struct {
			TransferID string `json:"transferId" format:"uuid"`
		}
	}, error) {
		return nil, huma.Error501NotImplemented("soon")
	}, huma.OperationTags("Warehouses"))

	huma.Register(api, huma.Operation{
		OperationID: "search-warehouses",
		Method:      http.MethodPost,
		Path:        apiPrefix + "/search",
		Summary:     "Search warehouses",
		Tags:        []string{"Warehouses"},
		Deprecated:  true,
	}, func(ctx context.Context, in *struct {
		Session string                 `cookie:"session"`
		Body    map[string]interface{} `doc:"Free-form filter"`
	}) (*WarehousesOutput, error) {
		return &WarehousesOutput{}, nil
	})

	huma.Register(api, huma.Operation{
		OperationID: "health",
		Method:      http.MethodGet,
		Path:        "/healthz",
		Hidden:      true,
	}, func(ctx context.Context, _ *struct{}) (*struct{ Body string }, error) {
		return &struct{ Body string }{Body: "ok"}, nil
	})

	huma.Get(api, "/version", func(ctx context.Context, _ *struct{}) (*VersionOutput, error) {
		return &VersionOutput{}, nil
	})
}

// TransferLine moves some units of one item.
type TransferLine struct {
	SKU      string `json:"sku"`
	Quantity int32  `json:"quantity" minimum:"1"`
}

// WarehousesOutput lists warehouses.
type WarehousesOutput struct {
	Body []models.Warehouse
}

// VersionOutput reports the build.
type VersionOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Version string `json:"version" example:"1.4.0"`
		Commit  string `json:"commit,omitempty"`
	}
}

func listWarehouses(ctx context.Context, in *struct{ Paging }) (*WarehousesOutput, error) {
	return &WarehousesOutput{Body: []models.Warehouse{}}, nil
}
