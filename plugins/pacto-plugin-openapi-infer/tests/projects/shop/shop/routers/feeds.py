from collections.abc import AsyncIterable, Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ..models import Item, Message


class PictureResponse(Response):
    media_type = "image/png"


class ThumbnailResponse(PictureResponse):
    pass


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


class AcceptedResponse(JSONResponse):
    def __init__(self, content, status_code: int = 202):
        super().__init__(content, status_code)


class PageResponse(HTMLResponse):
    """A page in our layout."""


router = APIRouter(prefix="/feeds", tags=["feeds"])
told = APIRouter()


@told.post("{$callback_url}/prices/{$request.body.id}", responses={410: {"description": "No longer interested"}})
def price_changed(change: Item) -> Message: ...


@told.put("{$callback_url}/gone", name="item_gone", status_code=204)
def gone(reason: str = "sold"): ...


@router.post("/watches", callbacks=told.routes)
def watch(item: Item, callback_url: str | None = None) -> Message: ...


@router.get("/lines")
async def lines() -> AsyncIterable[Item]:
    yield Item()


@router.get("/numbers")
def numbers() -> Iterator[int]:
    yield 1


@router.get("/anything")
def anything():
    yield {}


@router.get("/events", response_class=EventSourceResponse)
async def events() -> AsyncIterable[Item]:
    yield Item()


@router.get("/raw-events", response_class=EventSourceResponse)
async def raw_events() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(data="a")


@router.get("/picture", response_class=PictureResponse)
def picture(): ...


@router.get("/thumbnail")
def thumbnail() -> ThumbnailResponse: ...


@router.get("/small", response_class=ThumbnailResponse, responses={404: {"model": Message}})
def small(): ...


@router.get("/problem", response_class=ProblemResponse)
def problem() -> Message: ...


@router.post("/jobs", response_class=AcceptedResponse)
def start() -> Message: ...


@router.get("/page", response_class=PageResponse)
def page(): ...
