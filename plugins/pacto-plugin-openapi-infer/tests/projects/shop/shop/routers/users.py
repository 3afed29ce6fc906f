from typing import Annotated, Optional

from fastapi import APIRouter, Cookie, Depends, Header
from fastapi.responses import PlainTextResponse
from fastapi.security import OAuth2PasswordRequestForm

from shop.models import Payment, UserIn, UserOut
from shop.security import CurrentUser

router = APIRouter()


@router.post("/token", include_in_schema=True)
def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    return {"access_token": form.username, "token_type": "bearer"}


@router.get("/me", response_model=UserOut, response_model_exclude_unset=True)
def read_me(user: CurrentUser, session_id: Optional[str] = Cookie(default=None), user_agent: Annotated[str | None, Header()] = None):
    ...


@router.post("/", response_model=UserOut, operation_id="createUser")
def create_user(user: UserIn): ...


@router.get("/", response_model=list[UserOut])
def list_users(active: bool = True): ...


@router.post("/me/payments", status_code=202)
def pay(payment: Payment, user: CurrentUser, dry_run: bool = False): ...


@router.get("/{username}/card", response_class=PlainTextResponse)
def user_card(username: str): ...


@router.get("/internal", include_in_schema=False)
def internal(): ...
