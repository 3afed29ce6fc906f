from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Body, Depends, File, Form, Path, Query, Request, UploadFile, status

from ..models import Dimensions, Item, ItemCreate, Message, Page, Status
from ..security import CurrentUser, Paging, require_admin

router = APIRouter(
    prefix="/items",
    tags=["items"],
    responses={404: {"model": Message, "description": "No such item"}},
)


@router.get("/", response_model=Page[Item])
async def list_items(
    paging: Paging,
    q: Annotated[str | None, Query(min_length=2, max_length=50, title="Search text")] = None,
    status_in: list[Status] = Query([], alias="status", description="Keep these states"),
    sort: str = Query("name", pattern="^(name|price)$", examples=["price"]),
):
    """
    List items.

    Newest first, unless **sort** says otherwise.
    \f
    Internal note, not shown.
    """


@router.post("/", status_code=status.HTTP_201_CREATED, response_description="The new item")
async def create_item(item: ItemCreate, user: CurrentUser, tasks: BackgroundTasks) -> Item:
    ...


@router.get("/{item_id}")
def read_item(request: Request, item_id: Annotated[UUID, Path(description="Item key")]) -> Item:
    """Read one item."""


@router.put("/{item_id}", deprecated=True)
def replace_item(item_id: UUID, item: ItemCreate, size: Dimensions, note: str = Body("", max_length=200)) -> Item:
    ...


@router.delete(
    "/{item_id}",
    status_code=204,
    dependencies=[Depends(require_admin)],
    responses={403: {"description": "Not an admin"}},
)
def delete_item(item_id: UUID) -> None:
    ...


@router.post("/{item_id}/image", summary="Upload an image")
async def upload_image(item_id: UUID, image: UploadFile = File(description="PNG only"), caption: str | None = Form(None)) -> dict[str, str]:
    ...
