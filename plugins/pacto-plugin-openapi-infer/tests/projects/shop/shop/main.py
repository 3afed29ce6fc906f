"""Shop API."""
from fastapi import Depends, FastAPI, WebSocket

from .models import Item
from .routers import feeds, items, users
from .security import api_key

DESCRIPTION = """
A small shop.

* items
* users
"""

app = FastAPI(
    title="Shop API",
    version="1.4.0",
    summary="Items and users",
    description=DESCRIPTION,
    contact={"name": "Ops", "email": "ops@example.com"},
    license_info={"name": "MIT"},
    openapi_tags=[
        {"name": "items", "description": "Things for sale"},
        {"name": "users"},
    ],
)

app.include_router(items.router)
app.include_router(feeds.router)
app.include_router(users.router, prefix="/users", tags=["users"], dependencies=[Depends(api_key)])


@app.get("/health", tags=["ops"])
async def health() -> dict[str, bool]:
    """Liveness probe."""
    return {"ok": True}


@app.get("/files/{file_path:path}", responses={200: {"content": {"image/png": {}}}})
def read_file(file_path: str, width: int | None = None): ...


@app.websocket("/ws")
async def ws(websocket: WebSocket): ...


@app.webhooks.post("item-sold", tags=["told"])
def item_sold(item: Item, sold_by: str | None = None):
    """
    When an item is sold, we tell you.
    """


@app.webhooks.put("restocked", operation_id="restocked", status_code=204)
def restocked(amount: int): ...
