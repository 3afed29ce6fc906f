"""Data models of the shop."""
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, computed_field

T = TypeVar("T")


class Status(str, Enum):
    """Lifecycle of an item."""

    draft = "draft"
    active = "active"
    retired = "retired"


class Dimensions(BaseModel):
    """Outer size in millimetres."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)


class ItemBase(BaseModel):
    name: str = Field(min_length=1, max_length=80, examples=["Mug"])
    price: float = Field(..., ge=0, description="Price in EUR")
    status: Status = Status.draft
    tags: list[str] = []
    dimensions: Dimensions | None = None


class ItemCreate(ItemBase):
    """What a client sends to create an item."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Mug", "price": 7.5}]},
    )


class Item(ItemBase):
    """An item as stored."""

    id: UUID
    created_at: datetime

    @computed_field
    @property
    def label(self) -> str:
        """Name and price for display."""
        return f"{self.name} ({self.price})"


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = Field(ge=0)
    next_cursor: str | None = None


class Message(BaseModel):
    detail: str


class UserIn(BaseModel):
    username: Annotated[str, Field(pattern=r"^[a-z]+$")]
    role: Literal["admin", "staff"] = "staff"
    full_name: str | None = Field(None, alias="fullName", title="Full name")


class UserOut(BaseModel):
    username: str
    role: Literal["admin", "staff"]
    balance: Decimal = Decimal("0")


class Card(BaseModel):
    kind: Literal["card"]
    last4: str = Field(min_length=4, max_length=4)


class Transfer(BaseModel):
    kind: Literal["transfer"]
    iban: str


class Payment(BaseModel):
    method: Card | Transfer = Field(discriminator="kind")
    amount: Decimal = Field(gt=0, max_digits=8, decimal_places=2)
    meta: dict[str, str] = Field(default_factory=dict)
