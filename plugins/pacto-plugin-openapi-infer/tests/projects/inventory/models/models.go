// Package models holds the data types shared by the handlers.
package models

import "time"

// Status is the life-cycle state of an item.
type Status string

const (
	StatusActive  Status = "active"
	StatusRetired Status = "retired"
)

// Timestamps is embedded in every stored record.
type Timestamps struct {
	CreatedAt time.Time  `json:"createdAt" readOnly:"true" doc:"Creation time"`
	UpdatedAt *time.Time `json:"updatedAt,omitempty" readOnly:"true"`
}

// Dimensions of one unit.
type Dimensions struct {
	Width  float64 `json:"width" exclusiveMinimum:"0" doc:"Width in cm"`
	Height float64 `json:"height" exclusiveMinimum:"0" doc:"Height in cm"`
	Depth  float32 `json:"depth,omitempty" minimum:"0"`
}

// Item is something we keep in stock.
type Item struct {
	ID         int64             `json:"id" readOnly:"true" doc:"Item ID" example:"42"`
	SKU        string            `json:"sku" pattern:"^[A-Z]{3}-[0-9]+$" patternDescription:"three letters, a dash, digits" example:"ABC-1001"`
	Name       string            `json:"name" minLength:"1" maxLength:"80" doc:"Display name"`
	Status     Status            `json:"status" enum:"active,retired" default:"active"`
	Quantity   uint              `json:"quantity" maximum:"100000"`
	Price      float64           `json:"price" minimum:"0" multipleOf:"0.01" example:"9.99"`
	Dimensions *Dimensions       `json:"dimensions,omitempty" doc:"Outer size"`
	Tags       []string          `json:"tags" maxItems:"10" uniqueItems:"true" example:"fragile,heavy"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Barcode    *string           `json:"barcode" doc:"EAN-13 barcode, if any"`
	Secret     string            `json:"-"`
	Timestamps
}

// ItemInput is what clients send.
type ItemInput struct {
	SKU        string            `json:"sku" pattern:"^[A-Z]{3}-[0-9]+$"`
	Name       string            `json:"name" minLength:"1" maxLength:"80"`
	Status     Status            `json:"status,omitempty" enum:"active,retired" default:"active"`
	Quantity   uint              `json:"quantity" default:"0" required:"false"`
	Price      float64           `json:"price" minimum:"0"`
	Dimensions *Dimensions       `json:"dimensions,omitempty"`
	Tags       []string          `json:"tags,omitempty" nullable:"false"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Warehouse is a building.
type Warehouse struct {
	Code    string     `json:"code" minLength:"2" maxLength:"8"`
	Address Address    `json:"address"`
	Parent  *Warehouse `json:"parent,omitempty"`
	Opened  time.Time  `json:"opened" format:"date"`
	_       struct{}   `additionalProperties:"true"`
}

// Address is a postal address.
type Address struct {
	Street  string `json:"street"`
	City    string `json:"city"`
	Country string `json:"country" minLength:"2" maxLength:"2" example:"NL"`
	Postal  string `json:"postal,omitempty" deprecated:"true"`
}

// Page is one page of results.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Total int    `json:"total"`
	Next  string `json:"next,omitempty" format:"uri"`
}
