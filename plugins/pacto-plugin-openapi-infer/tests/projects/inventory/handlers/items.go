package handlers

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"example.com/inventory/models"
)

// Store is an in-memory repository.
type Store struct{ items map[int64]models.Item }

// NewStore returns an empty store.
func NewStore() *Store { return &Store{items: map[int64]models.Item{}} }

// Paging holds the common paging parameters.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Page size"`
	Cursor string `query:"cursor" doc:"Opaque cursor from the previous page"`
}

type ListItemsInput struct {
	Paging
	Status models.Status `query:"status" enum:"active,retired"`
	Tags   []string      `query:"tag,explode" doc:"Only items with all of these tags"`
	Trace  string        `header:"X-Trace-Id" hidden:"true"`
}

type ListItemsOutput struct {
	Link string `header:"Link" doc:"Pagination links"`
	Body models.Page[models.Item]
}

type ItemPath struct {
	ItemID int64 `path:"itemId" minimum:"1" doc:"Item ID" example:"42"`
}

type ItemOutput struct {
	ETag string `header:"ETag"`
	Body models.Item
}

type CreateItemInput struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" format:"uuid"`
	Body           models.ItemInput
}

type CreateItemOutput struct {
	Location string `header:"Location" doc:"URL of the new item"`
	Body     models.Item
}

type UpdateItemInput struct {
	ItemPath
	IfMatch []string `header:"If-Match"`
	Body    models.ItemInput
}

// RegisterItems adds the /items routes.
func RegisterItems(api huma.API, store *Store) {
	grp := huma.NewGroup(api, "/items")
	grp.UseSimpleModifier(func(op *huma.Operation) {
		op.Tags = []string{"Items"}
	})

	huma.Get(grp, "", store.List)
	huma.Register(grp, huma.Operation{
		OperationID:   "create-item",
		Method:        http.MethodPost,
		Path:          "",
		Summary:       "Create an item",
		Description:   "Adds an item to the stock list.\n\nThe SKU must be unique.",
		DefaultStatus: http.StatusCreated,
		Errors:        []int{http.StatusConflict},
		Security:      []map[string][]string{{"bearer": {}}},
	}, store.Create)
	huma.Register(grp, huma.Operation{
		OperationID: "get-item",
		Method:      http.MethodGet,
		Path:        "/{itemId}",
		Summary:     "Get an item",
		Errors:      []int{404},
	}, store.Get)
	huma.Put(grp, "/{itemId}", store.Update, func(o *huma.Operation) {
		o.Summary = "Replace an item"
		o.Security = []map[string][]string{{"bearer": {}}}
	})
	huma.Delete(grp, "/{itemId}", func(ctx context.Context, in *ItemPath) (*struct{}, error) {
		delete(store.items, in.ItemID)
		return nil, nil
	})
	huma.Post(grp, "/{itemId}/photo", func(ctx context.Context, in *struct {
		ItemPath
		RawBody []byte `contentType:"image/jpeg"`
	}) (*struct{}, error) {
		return nil, nil
	})
}

// List returns one page of items.
func (s *Store) List(ctx context.Context, in *ListItemsInput) (*ListItemsOutput, error) {
	out := &ListItemsOutput{}
	for _, it := range s.items {
		out.Body.Items = append(out.Body.Items, it)
	}
	out.Body.Total = len(s.items)
	return out, nil
}

// Get returns one item.
func (s *Store) Get(ctx context.Context, in *ItemPath) (*ItemOutput, error) {
	it, ok := s.items[in.ItemID]
	if !ok {
		return nil, huma.Error404NotFound("no such item")
	}
	return &ItemOutput{Body: it}, nil
}

// Create stores a new item.
func (s *Store) Create(ctx context.Context, in *CreateItemInput) (*CreateItemOutput, error) {
	it := models.Item{ID: int64(len(s.items) + 1), SKU: in.Body.SKU, Name: in.Body.Name}
	s.items[it.ID] = it
	return &CreateItemOutput{Body: it}, nil
}

// Update replaces an item.
func (s *Store) Update(ctx context.Context, in *UpdateItemInput) (*ItemOutput, error) {
	it, ok := s.items[in.ItemID]
	if !ok {
		return nil, huma.Error404NotFound("no such item")
	}
	it.Name = in.Body.Name
	s.items[it.ID] = it
	return &ItemOutput{Body: it}, nil
}
